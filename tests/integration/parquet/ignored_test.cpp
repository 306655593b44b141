// Without DuckDB's library, Parquet files are ignored; the warning, check, plan and status name the fix, and
// everything else is loaded.
#include <nlohmann/json.hpp>

#include "fixture.hpp"

namespace peo::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class IgnoredParquetFiles : public LoaderTest {
 protected:
  void SetUp() override {
    execute(table_sql("t", "id int PRIMARY KEY, v text") + ";" +
            table_sql("u", "id int PRIMARY KEY, v text"));
    bucket_.load("t", 1, "1,a\n");
    bucket_.put("dbo/t/20220922-095853123.parquet", "PAR1");
    bucket_.put("dbo/u/LOAD00000001.parquet", "PAR1");
  }
  const LoaderSettings without_{{"DUCKDB_LIBRARY", "/nowhere/libduckdb.so"}};
  const std::string text_ =
      "2 Parquet files are ignored: there is no DuckDB library at /nowhere/libduckdb.so.";
};

TEST_F(IgnoredParquetFiles, AreToldOf) {
  const auto log = load(without_);
  EXPECT_THAT(texts_of(log, "WARNING"), ElementsAre(HasSubstr(text_ + " Install DuckDB's library")));
  EXPECT_THAT(query("SELECT id, v FROM t"), ElementsAre("1|a"));
  for (const auto* verb : {"check", "plan", "status"}) {
    const auto ran = run_loader({program(), {verb}}, settings(without_));
    EXPECT_EQ(ran.status, 0) << verb << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(text_.substr(0, text_.size() - 1))) << verb;
    EXPECT_THAT(ran.out, HasSubstr("scripts/install parquet")) << verb;
  }
  const auto status = json::parse(run_loader({program(), {"status", "--json"}}, settings(without_)).out);
  EXPECT_EQ(status.at("state"), "ignored");
  EXPECT_EQ(status.at("ignored").at("parquet_files"), 2);
}

TEST_F(IgnoredParquetFiles, AreLoadedOnceTheLibraryIsThere) {
  if (duckdb_library().empty()) GTEST_SKIP() << "there is no DuckDB library; scripts/install parquet";
  load(without_);
  bucket_.put("dbo/t/20220922-095853123.parquet", parquet_bytes("SELECT 'I' AS Op, 2 AS id, 'b' AS v"));
  bucket_.put("dbo/u/LOAD00000001.parquet", parquet_bytes("SELECT 1 AS id, 'x' AS v"));
  load({{"DUCKDB_LIBRARY", duckdb_library()}});
  EXPECT_THAT(query("SELECT id, v FROM t ORDER BY 1"), ElementsAre("1|a", "2|b"));
  EXPECT_THAT(query("SELECT id, v FROM u"), ElementsAre("1|x"));
  // Loaded, they are not ignored when the library goes.
  EXPECT_THAT(load(without_), ::testing::Not(HasSubstr("Parquet")));
}

}  // namespace
}  // namespace peo::test
