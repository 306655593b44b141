// A manifest beside a data file (Qlik Replicate's X.dfm): its number of rows is held against those that were
// read.
#include <fmt/format.h>

#include "../loader/fixture.hpp"
#include "support/bucket_s3.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Manifest : public LoaderTest {
 protected:
  void SetUp() override {
    execute(table_sql("t", "id int PRIMARY KEY, v text"));
    EXPECT_EQ(run_loader({program(), {"migrate"}}, settings()).status, 0);
  }
  static std::string says(int rows) {
    return fmt::format(
        R"({{"dfmVersion": "1.1", "fileInfo": {{"name": "x", "recordCount": {}, "errorCount": 0}}}})", rows);
  }
  std::string refused(const std::string& reason) {
    const auto before = dumped();
    const auto ran = run();
    EXPECT_EQ(ran.status, 65) << ran.err;
    EXPECT_THAT(texts_of(ran.err, "ERROR"), ElementsAre(HasSubstr(reason)));
    EXPECT_EQ(run({{"DRY_RUN", "True"}}).status, 65);
    EXPECT_EQ(dumped(), before);
    return ran.err;
  }
};

TEST_F(Manifest, RowsThatAgreeAreLoaded) {
  bucket_.put("dbo/t/LOAD00000001.csv", "id,v\n1,a\n\n2,\"b\nb\"\n");
  bucket_.put("dbo/t/LOAD00000001.dfm", says(2));
  bucket_.change("t", "20220101-000000001", "I,3,c\nU,3,d\nD,1,\n");
  bucket_.put("dbo/t/20220101-000000001.dfm", says(3));
  const auto log = load();
  EXPECT_THAT(query("SELECT id, v FROM t ORDER BY id"), ElementsAre("2|b\nb", "3|d"));
  EXPECT_THAT(log, Not(HasSubstr("Ignoring")));
}

TEST_F(Manifest, RowsThatDiffer) {
  bucket_.load("t", 1, "1,a\n");
  bucket_.put("dbo/t/LOAD00000001.dfm", says(2));
  const auto log = refused("it has 1 row, but");
  EXPECT_THAT(log,
              AllOf(HasSubstr("dbo/t/LOAD00000001.dfm specifies 2"), HasSubstr("dbo/t/LOAD00000001.csv.gz")));
  bucket_.put("dbo/t/LOAD00000001.dfm", says(1));
  load();
  // A small file of changes, and one that isn't.
  const auto small = bucket_.change("t", "20220101-000000001", "I,2,b\n");
  bucket_.put("dbo/t/20220101-000000001.dfm", says(0));
  refused("specifies 0");
  std::string many;
  for (int i = 1; i <= 3000; ++i) many += fmt::format("U,{},x\n", i);
  bucket_.change("t", "20220101-000000001", many);
  refused("it has 3000 rows");
  // As any delivery that can't be loaded.
  load({{"BAD_ROWS", "quarantine_delivery"}});
  EXPECT_THAT(query("SELECT status FROM loader_deliveries ORDER BY delivery_id"),
              ElementsAre("loaded", "quarantined"));
  bucket_.remove("dbo/t/20220101-000000001.dfm");
  EXPECT_EQ(run_loader({program(), {"replay", small}}, settings()).status, 0);
  load();
  EXPECT_EQ(value("SELECT count(*) FROM t"), "3000");
}

TEST_F(Manifest, WhatCannotBeRead) {
  bucket_.load("t", 1, "1,a\n");
  bucket_.put("dbo/t/LOAD00000001.dfm", "{\"fileInfo\": ");
  refused("is not valid JSON");
  bucket_.put("dbo/t/LOAD00000001.dfm", std::string((1 << 20) + 1, ' '));
  refused("too many for a .dfm");
  // One that says nothing of rows proves nothing.
  bucket_.put("dbo/t/LOAD00000001.dfm", R"({"fileInfo": {"recordCount": "many"}})");
  load();
}

TEST_F(Manifest, InABucket) {
  BucketS3 s3;
  int gets = 0;
  s3.on_request([&](const FakeRequest& request, const FakeAnswer&) -> std::optional<FakeAnswer> {
    if (request.target.find("list-type=2") == std::string::npos) ++gets;
    return std::nullopt;
  });
  s3.put("data/dbo/t/LOAD00000001.csv.gz", gzipped("1,a\n"));
  s3.put("data/dbo/t/20220101-000000001.csv.gz", gzipped("I,2,b\n"));
  const LoaderSettings there{{"SOURCE", s3.source()}};
  load(there);
  EXPECT_EQ(gets, 2);  // none is asked for that isn't listed
  s3.put("data/dbo/t/20220101-000000002.csv.gz", gzipped("I,3,c\n"));
  s3.put("data/dbo/t/20220101-000000002.dfm", says(2));
  EXPECT_EQ(run(there).status, 65);
  s3.put("data/dbo/t/20220101-000000002.dfm", says(1));
  load(there);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "3");
}

}  // namespace
}  // namespace peo::test
