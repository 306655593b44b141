// The sample as Parquet files, loaded from a directory and from S3: equal to its checksums, as the CSV one
// is.
#include <nlohmann/json.hpp>

#include "fixture.hpp"
#include "support/bucket_s3.hpp"

namespace peo::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class ParquetSample : public ParquetTest {
 protected:
  void SetUp() override {
    ParquetTest::SetUp();
    if (IsSkipped()) return;
    const auto ran =
        run_loader({program(),
                    {"sample", (directory_ / "bucket").string(), "--format", "parquet", "--orders", "500",
                     "--executions", "2000", "--days", "1", "--load-files", "2"}},
                   with_library());
    ASSERT_EQ(ran.status, 0) << ran.err;
    expected_ = json::parse(read_file(directory_ / "bucket/expected.json"));
  }

  void expect_sample(const std::string& target) const {
    Database sql(target);
    for (const auto& [table, facts] : expected_.at("entities").items()) {
      EXPECT_EQ(sql.value("SELECT count(*) FROM " + table),
                std::to_string(facts.at("rows").get<std::uint64_t>()));
      EXPECT_EQ(sql.value(facts.at("checksum_sql").get<std::string>()),
                facts.at("checksum").get<std::string>())
          << table;
    }
    for (const auto& file : expected_.at("files")) {
      EXPECT_EQ(
          lines_of(sql.rows(
              "SELECT rows_read, created, amended, removed FROM loader_deliveries WHERE object_key = '" +
              file.at("key").get<std::string>() + "'")),
          std::vector<std::string>{fmt::format(
              "{}|{}|{}|{}", file.at("rows").get<std::uint64_t>(), file.at("created").get<std::uint64_t>(),
              file.at("amended").get<std::uint64_t>(), file.at("removed").get<std::uint64_t>())})
          << file.at("key");
    }
  }
  LoaderSettings shipped(const std::string& source) const {
    return with_library({{"SOURCE", source}, {"ENTITIES", "shipped"}});
  }
  std::string folder_source() const { return "bucket_path=" + (directory_ / "bucket").string(); }

  TempDir directory_;
  json expected_;
};

TEST_F(ParquetSample, FromAFolder) {
  const auto planned = run_loader({program(), {"plan", "--json"}}, settings(shipped(folder_source())));
  EXPECT_EQ(planned.status, 0) << planned.err;
  EXPECT_EQ(json::parse(planned.out).at("files_total"), expected_.at("files").size());
  load(shipped(folder_source()));
  expect_sample(database_.conninfo());
  const auto verified = run_loader({program(), {"verify"}}, settings(shipped(folder_source())));
  EXPECT_EQ(verified.status, 0) << verified.err << verified.out;
  EXPECT_THAT(load(shipped(folder_source())), HasSubstr("No new files"));
}

TEST_F(ParquetSample, FromS3) {
  BucketS3 s3;
  for (const auto& file : expected_.at("files")) {
    const auto key = file.at("key").get<std::string>();
    s3.put("data/" + key, read_file(directory_ / "bucket" / key));
  }
  load(shipped(s3.source()));
  expect_sample(database_.conninfo());
}

// The files are read into the right columns, with the right types, without any table.
TEST_F(ParquetSample, InferAndProfile) {
  const auto inferred = run_loader({program(), {"infer", (directory_ / "sql").string()}},
                                   with_library({{"SOURCE", folder_source()}}));
  EXPECT_EQ(inferred.status, 0) << inferred.err;
  std::string sql;
  for (const auto& entry : std::filesystem::directory_iterator(directory_ / "sql"))
    sql += read_file(entry.path());
  EXPECT_THAT(sql, HasSubstr("order_id"));
  EXPECT_THAT(sql, HasSubstr("transact_time timestamp"));
  EXPECT_THAT(sql, HasSubstr("is_active boolean"));
  EXPECT_THAT(sql, HasSubstr("PRIMARY KEY (order_id)"));
  const auto profiled = run_loader({program(), {"profile"}}, with_library({{"SOURCE", folder_source()}}));
  EXPECT_EQ(profiled.status, 0) << profiled.err;
  EXPECT_THAT(profiled.out, HasSubstr("leaves_qty"));
}

class ParquetFiles : public ParquetTest {};

// A task that was changed from one format to the other, and back.
TEST_F(ParquetFiles, BesideCsvInOnePrefix) {
  execute(table_sql("t", "id int PRIMARY KEY, v text"));
  bucket_.load("t", 1, "1,a\n2,b\n");
  bucket_.put("dbo/t/20220922-095853123.parquet",
              parquet_bytes("SELECT 'U' AS Op, 1 AS id, 'A' AS v UNION ALL SELECT 'I', 3, NULL"));
  bucket_.change("t", "20220922-095854123", "D,2,b\n");
  bucket_.put("dbo/t/2022/09/23/20220923-095853123.parquet",
              parquet_bytes("SELECT 'U' AS Op, 3 AS id, 'c' AS v"));
  load(with_library());
  EXPECT_THAT(query("SELECT id, v FROM t ORDER BY 1"), ::testing::ElementsAre("1|A", "3|c"));
}

// A late file is found to be overtaken by what the later one holds, which is read again for it.
TEST_F(ParquetFiles, ALateOne) {
  execute(table_sql("t", "id int PRIMARY KEY, v text"));
  bucket_.put("dbo/t/LOAD00000001.parquet",
              parquet_bytes("SELECT 1 AS id, 'a' AS v UNION ALL SELECT 2, 'b'"));
  bucket_.put("dbo/t/20220922-095855123.parquet", parquet_bytes("SELECT 'U' AS Op, 1 AS id, 'later' AS v"));
  load(with_library());
  bucket_.put("dbo/t/20220922-095854123.parquet",
              parquet_bytes("SELECT 'U' AS Op, 1 AS id, 'late' AS v UNION ALL SELECT 'U', 2, NULL"));
  load(with_library());
  EXPECT_THAT(query("SELECT id, v FROM t ORDER BY 1"), ::testing::ElementsAre("1|later", "2|∅"));
  EXPECT_THAT(ledger_counts(), ::testing::ElementsAre("2|0|0", "0|1|0", "0|1|0"));
  const auto verified = run_loader({program(), {"verify"}}, settings(with_library()));
  EXPECT_EQ(verified.status, 0) << verified.err << verified.out;
}

TEST_F(ParquetFiles, AReload) {
  execute(table_sql("t", "id int PRIMARY KEY, v text"));
  bucket_.put("dbo/t/LOAD00000001.parquet", parquet_bytes("SELECT i AS id, 'a' AS v FROM range(100) t(i)"));
  load(with_library());
  bucket_.put("dbo/t/LOAD00000001.parquet",
              parquet_bytes("SELECT i AS id, 'b' AS v FROM range(50, 120) t(i)"));
  load(with_library({{"RELOAD_SETTLE", "0"}}));
  EXPECT_THAT(ledger_counts(), ::testing::ElementsAre("100|0|0", "20|50|50"));
}

}  // namespace
}  // namespace peo::test
