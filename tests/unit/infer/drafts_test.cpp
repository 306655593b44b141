// What `infer` writes for a bucket in a directory, without any server.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "source/directory/directory_source.hpp"
#include "support/bucket.hpp"
#include "support/program.hpp"
#include "support/temp_dir.hpp"
#include "tables/infer/infer.hpp"

namespace peo::infer {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class Drafts : public ::testing::Test {
 protected:
  Inferred infer() {
    source::DirectorySource source(bucket_.directory().string());
    options_.directory = directory();
    options_.read.parquet = std::make_shared<parquet::ParquetReader>(parquet::ParquetOptions{}, stop_);
    return write_drafts(source, options_, stop_);
  }
  std::filesystem::path directory() const { return directory_ / "db"; }
  std::string text(const std::string& file) const { return test::read_file(directory() / file); }

  test::Bucket bucket_;
  test::TempDir directory_;
  Cancellation stop_;
  InferOptions options_;
};

// Which bucket_path is right, of keys as AWS DMS writes them, and what is drafted.
TEST_F(Drafts, OfFilesAtAnotherLevel) {
  const auto refusal = [this] {
    try {
      infer();
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::Configuration);
      EXPECT_FALSE(std::filesystem::exists(directory() / "001_dbo.sql"));
      return error.describe() + "\n" + error.hint();
    }
    return std::string("drafted");
  };
  const auto right = [this](const std::string& path) {
    return "Set bucket_path to " + bucket_.directory().string() + path + ", if dbo is the schema and ";
  };
  // Changes; full loads of different tables only; two levels.
  bucket_.put("data/dbo/Orders/2024/01/31/20240131-101500000.csv", "I,1,a\n");
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr("data/dbo/Orders/ has the files of a table"), HasSubstr(right("/data"))));
  std::filesystem::remove_all(bucket_.directory() / "data/dbo/Orders/2024");
  bucket_.put("data/dbo/Orders/LOAD00000001.csv", "1,a\n");
  bucket_.put("data/dbo/lines/LOAD00000001.csv", "1,a,2\n");
  EXPECT_THAT(refusal(), HasSubstr(right("/data")));
  std::filesystem::remove_all(bucket_.directory() / "data");
  bucket_.put("x/data/dbo/Orders/LOAD00000001.csv", "1,a\n");
  EXPECT_THAT(refusal(), HasSubstr(right("/x/data")));
  // Too low: the prefixes of a date look like a table.
  std::filesystem::remove_all(bucket_.directory() / "x");
  bucket_.put("Orders/2024/01/31/20240131-101500000.csv", "I,1,a\n");
  EXPECT_THAT(refusal(),
              HasSubstr("Set bucket_path to " + bucket_.directory().parent_path().string() + ", if "));
  // Beside a table in place; partitions of one table are in place.
  bucket_.put("dbo/Parts/asia/LOAD00000001.csv", "1,a\n");
  bucket_.put("dbo/Parts/europe/LOAD00000001.csv", "2,b\n");
  const auto inferred = infer();
  ASSERT_THAT(inferred.drafts, SizeIs(1));
  ASSERT_THAT(inferred.misplaced, SizeIs(1));
  EXPECT_THAT(report(inferred, options_), HasSubstr("skipped: "));
  EXPECT_THAT(text("001_parts.sql"), HasSubstr("partitions of one table"));
}

// FORMAT is extended, whatever of it was left open.
TEST_F(Drafts, ExtendTheFormat) {
  bucket_.put("dbo/t/LOAD00000001.csv", "id|name\n1|a\n2|b\n");
  options_.format = "header=auto delimiter=pipe op=auto";
  options_.read.format.delimiter = "|";
  EXPECT_EQ(infer().format, "delimiter=pipe header=yes");
  EXPECT_THAT(text("001_t.sql"), AllOf(HasSubstr("from 2 rows"), HasSubstr("Only 2 rows were read")));
}

TEST_F(Drafts, OfTablesThatAreNamed) {
  for (const char* key : {"dbo/OrderLines", "web/Orders"})
    bucket_.put(std::string(key) + "/LOAD00000001.csv", "ID,Name\n1,a\n2,b\n");
  options_.tables = {"dbo.orderlines"};
  EXPECT_THAT(infer().drafts, SizeIs(1));
  options_.tables = {"order_lines", "OrderLines"};  // one table: the draft's name, and that at the source
  EXPECT_THAT(infer().drafts, SizeIs(1));
  options_.tables = {"ordrs"};
  try {
    infer();
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::CommandLine);
    EXPECT_THAT(error.hint(), HasSubstr("Did you mean Orders?"));
  }
}

// Drafts that were edited: a table of another name, two in one file, one that isn't wanted.
TEST_F(Drafts, AreFoundByTheTableThatTheyClaim) {
  for (const char* key : {"dbo/Orders", "dbo/Lines", "web/Orders", "dbo/Unwanted"})
    bucket_.put(std::string(key) + "/LOAD00000001.csv", "OrderID,Name\n1,a\n2,b\n");
  ASSERT_THAT(infer().drafts, SizeIs(4));
  std::filesystem::remove_all(directory());
  test::write_file(
      directory() / "007_shop.sql",
      "CREATE TABLE sales (order_id int PRIMARY KEY, event_id bigint, delivery_id bigint);\n"
      "COMMENT ON TABLE sales IS 'Ours. Source table: dbo.ORDERS.';\n"
      "CREATE TABLE \"lines\" (order_id int PRIMARY KEY, event_id bigint, delivery_id bigint);\n");
  test::write_file(directory() / "008_unwanted.sql", "-- CREATE TABLE unwanted (a int);\n");
  const auto inferred = infer();
  ASSERT_THAT(inferred.drafts, SizeIs(4));
  for (const auto& draft : inferred.drafts)
    EXPECT_EQ(draft.was_there, draft.file.filename() != "009_orders.sql") << draft.file;
  EXPECT_THAT(text("009_orders.sql"), HasSubstr("COMMENT ON TABLE orders IS 'Source table: web.Orders.';"));
  EXPECT_FALSE(std::filesystem::exists(directory() / "010_lines.sql"));
  // A name that a draft has is another table's.
  bucket_.put("dbo/Sales/LOAD00000001.csv", "SalesID,OrderID\n1,a\n2,b\n");
  infer();
  EXPECT_THAT(text("010_dbo_sales.sql"),
              HasSubstr("COMMENT ON TABLE dbo_sales IS 'Source table: dbo.Sales.'"));
}

TEST_F(Drafts, NamesThatNoTableAndNoColumnMayHave) {
  bucket_.put("dbo/pg_class/LOAD00000001.csv", "xmin,CTID,event_id\n1,a,c\n2,b,c\n");
  bucket_.put("dbo/Loader_State/LOAD00000001.csv", "tableoid,name\n1,a\n2,b\n");
  for (const auto names : {Names::SnakeCase, Names::Source}) {
    std::filesystem::remove_all(directory());
    options_.names = names;
    infer();
    EXPECT_THAT(text("001_source_loader_state.sql"),
                AllOf(HasSubstr("CREATE TABLE source_loader_state (\n    source_tableoid "),
                      HasSubstr("source_loader_state IS 'Source table: dbo.Loader_State.';")));
    EXPECT_THAT(text("002_source_pg_class.sql"),
                AllOf(HasSubstr("source_pg_class.source_xmin IS 'Source column: xmin.';"),
                      HasSubstr("source_pg_class.source_ctid IS 'Source column: CTID.';"),
                      HasSubstr("source_pg_class.source_event_id IS 'Source column: event_id.';")));
  }
}

// A bad row, a cut file, one that nobody may read: the others go on, and it is said where.
TEST_F(Drafts, AnUnreadableFileIsOneTablesAlone) {
  bucket_.load("a", 1, "1,x\n2\n");
  bucket_.load("b", 1, "1,x\n2,y\n");
  bucket_.put("dbo/c/LOAD00000001.csv.gz", test::gzipped("1,x\n").substr(0, 12));
  bucket_.put("dbo/d/LOAD00000001.csv", "1,x\n");
  bucket_.put("dbo/d/20240101-000000000.csv", "I,2,y\nX,3,z\n");
  const auto inferred = infer();
  EXPECT_EQ(exit_code_of(inferred), ExitCode::BadInput);
  ASSERT_THAT(inferred.drafts, SizeIs(4));
  EXPECT_THAT(inferred.drafts[1].unreadable, IsEmpty());
  const auto told = report(inferred, options_);
  EXPECT_THAT(told, AllOf(HasSubstr("unreadable: dbo/a/LOAD00000001.csv.gz line 2: "),
                          HasSubstr("c: none of its rows can be read; nothing written"),
                          HasSubstr("unreadable: dbo/c/LOAD00000001.csv.gz: ")));
  EXPECT_THAT(text("001_a.sql"), AllOf(HasSubstr("dbo/a/LOAD00000001.csv.gz line 2 can't be read, and the"),
                                       HasSubstr("column_2 text,")));
  EXPECT_THAT(text("002_b.sql"), Not(HasSubstr("can't be read")));
  EXPECT_THAT(text("003_d.sql"), HasSubstr("PRIMARY KEY (column_1)"));
}

// A rule of AWS DMS adds the time of each change at the end of the row, to deletes too.
TEST_F(Drafts, ATimeThatARuleAddsIsNoPartOfTheKey) {
  std::string rows = "Id,Label,Price,Stock,commit_ts\n";
  for (int i = 1; i <= 50; ++i)
    rows += fmt::format("{0},item {0},{0}.50,{1},2026-11-20 09:{2:02}:00.000000\n", i, i % 7, i % 60);
  bucket_.put("dbo/items/LOAD00000001.csv", rows);
  bucket_.put("dbo/items/20261121-101500000.csv",
              "Op,Id,Label,Price,Stock,commit_ts\nD,7,,,,2026-11-21 10:15:00.000000\n");
  infer();
  EXPECT_THAT(text("001_items.sql"),
              AllOf(HasSubstr("PRIMARY KEY (id)"), HasSubstr("The deletes have commit_ts too.")));
  EXPECT_THAT(text("001_items.sql"), Not(HasSubstr("sure: the one delete")));
}

TEST_F(Drafts, AHeaderWithANumberForAName) {
  bucket_.put("dbo/a/LOAD00000001.csv", "ID,2024\n1,7\n");
  bucket_.put("dbo/a/20240101-000000000.csv", "Op,ID,2024\nI,2,8\nU,2,9\n");
  const auto inferred = infer();
  EXPECT_EQ(inferred.format, "header=yes op=changes");
  EXPECT_THAT(text("001_a.sql"), AllOf(HasSubstr("    id bigint NOT NULL"), HasSubstr("\"2024\" integer")));
  EXPECT_THAT(report(inferred, options_), HasSubstr("\nexport FORMAT='header=yes op=changes'\n"));
}

}  // namespace
}  // namespace peo::infer
