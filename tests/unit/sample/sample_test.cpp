// What write_sample promises about directories and options.
#include "sample/sample.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/error.hpp"
#include "sample_reader.hpp"

namespace peo::test {
namespace {

namespace fs = std::filesystem;
using sample::SampleOptions;
using sample::write_sample;
using ::testing::HasSubstr;

std::map<std::string, std::string> bytes_of(const fs::path& directory) {
  std::map<std::string, std::string> all;
  for (const auto& [key, path] : objects(directory))
    all[key] = read_file(path) + std::to_string(fs::last_write_time(path).time_since_epoch().count());
  all.erase("expected.json");  // its time is the real one
  all["expected.json"] = read_file(directory / "expected.json");
  return all;
}

// The error of writing this; fails when there is none.
Error refusal(const SampleOptions& options, const fs::path& directory) {
  try {
    write_sample(options, directory);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error::internal("none");
}

TEST(WriteSample, DefaultsAreTheCountsOfTheOriginalSystem) {
  const SampleOptions options;
  EXPECT_EQ(options.strategies, 90);
  EXPECT_EQ(options.orders, 159'967);
  EXPECT_EQ(options.executions, 1'494'975);
}

TEST(WriteSample, SameOptionsGiveTheSameBytesAndTimes) {
  const TempDir directory;
  write_sample(small_sample(), directory / "a");
  write_sample(small_sample(), directory / "b");
  EXPECT_EQ(bytes_of(directory / "a"), bytes_of(directory / "b"));
}

TEST(WriteSample, AnotherSeedIsAnotherSample) {
  const TempDir directory;
  SampleOptions options = small_sample();
  write_sample(options, directory / "a");
  options.seed = 2;
  write_sample(options, directory / "b");
  const auto a = expected_json(directory / "a"), b = expected_json(directory / "b");
  for (const char* table : {"strategies", "orders", "executions"})
    EXPECT_NE(a["entities"][table]["checksum"], b["entities"][table]["checksum"]) << table;
}

TEST(WriteSample, TellsWhatItWrote) {
  const TempDir directory;
  const auto summary = write_sample(small_sample(), directory / "bucket");
  const auto files = objects(directory / "bucket/dbo");
  std::uint64_t bytes = 0, rows = 0;
  for (const auto& [key, path] : files) {
    bytes += fs::file_size(path);
    rows += csv_rows(gunzipped(path)).size();
  }
  EXPECT_FALSE(summary.already_there);
  EXPECT_EQ(summary.files, files.size());
  EXPECT_EQ(summary.bytes, bytes);
  EXPECT_EQ(summary.rows, rows);
  // Nothing else is left in the directory.
  EXPECT_EQ(objects(directory / "bucket").size(), files.size() + 1);
}

TEST(WriteSample, ExpectedTellsEachFileTruly) {
  const TempDir directory;
  write_sample(small_sample(), directory / "bucket");
  const auto expected = expected_json(directory / "bucket");
  std::set<std::string> keys;
  for (const auto& file : expected["files"]) {
    const std::string key = file["key"];
    keys.insert(key);
    std::map<std::string, std::uint64_t> operations;
    for (const CsvRow& row : csv_rows(gunzipped(directory / "bucket" / key)))
      ++operations[file["kind"] == "full_load" ? "I" : row[0].text];
    EXPECT_EQ(file["inserts"], operations["I"]) << key;
    EXPECT_EQ(file["updates"], operations["U"]) << key;
    EXPECT_EQ(file["deletes"], operations["D"]) << key;
    EXPECT_EQ(file["rows"], operations["I"] + operations["U"] + operations["D"]) << key;
  }
  EXPECT_EQ(keys.size(), objects(directory / "bucket/dbo").size());
  for (const auto& [name, entity] : expected["entities"].items()) {
    const std::int64_t created = entity["change_files"]["created"],
                       removed = entity["change_files"]["removed"];
    EXPECT_EQ(entity["rows"], entity["after_full_load"]["rows"].get<std::int64_t>() + created - removed)
        << name;
  }
}

TEST(WriteSample, ACompleteSampleIsLeftAlone) {
  const TempDir directory;
  const auto first = write_sample(small_sample(), directory / "bucket");
  const auto time = fs::last_write_time(directory / "bucket/expected.json");
  write_file(directory / "bucket/dbo/orders/of-a-user.txt", "hers");
  const auto second = write_sample(small_sample(), directory / "bucket");
  EXPECT_TRUE(second.already_there);
  EXPECT_EQ(second.files, first.files);
  EXPECT_EQ(second.rows, first.rows);
  EXPECT_EQ(second.bytes, first.bytes);
  EXPECT_EQ(fs::last_write_time(directory / "bucket/expected.json"), time);
  EXPECT_TRUE(fs::exists(directory / "bucket/dbo/orders/of-a-user.txt"));
}

TEST(WriteSample, AnIncompleteSampleIsWrittenAgain) {
  const TempDir directory;
  write_sample(small_sample(), directory / "bucket");
  const auto whole = bytes_of(directory / "bucket");
  // A file lost.
  fs::remove(directory / "bucket/dbo/orders/LOAD00000001.csv.gz");
  EXPECT_FALSE(write_sample(small_sample(), directory / "bucket").already_there);
  EXPECT_EQ(bytes_of(directory / "bucket"), whole);
  // A file cut.
  fs::resize_file(directory / "bucket/dbo/executions/LOAD00000001.csv.gz", 100);
  EXPECT_FALSE(write_sample(small_sample(), directory / "bucket").already_there);
  EXPECT_EQ(bytes_of(directory / "bucket"), whole);
  // Interrupted before the end: the mark of the work is there, expected.json isn't.
  fs::remove(directory / "bucket/expected.json");
  write_file(directory / "bucket/.sample-under-way", "");
  EXPECT_FALSE(write_sample(small_sample(), directory / "bucket").already_there);
  EXPECT_EQ(bytes_of(directory / "bucket"), whole);
}

TEST(WriteSample, RefusesAFolderWithAnotherSample) {
  const TempDir directory;
  write_sample(small_sample(), directory / "bucket");
  const auto before = bytes_of(directory / "bucket");
  SampleOptions options = small_sample();
  options.orders = 500;
  options.seed = 9;
  const Error error = refusal(options, directory / "bucket");
  EXPECT_EQ(error.exit_code(), ExitCode::Configuration);
  EXPECT_THAT(error.describe(), HasSubstr("orders 400, seed 1"));
  EXPECT_EQ(bytes_of(directory / "bucket"), before);
}

TEST(WriteSample, RefusesAnInterruptedOneOfOtherOptions) {
  const TempDir directory;
  write_file(directory / "bucket/.sample-under-way", R"({"seed": 77})");
  const Error error = refusal(small_sample(), directory / "bucket");
  EXPECT_EQ(error.exit_code(), ExitCode::Configuration);
  EXPECT_THAT(error.describe(), HasSubstr("seed 77"));
}

TEST(WriteSample, RefusesAFolderWithSomethingElse) {
  const TempDir directory;
  write_file(directory / "bucket/thesis.doc", "dear");
  const Error error = refusal(small_sample(), directory / "bucket");
  EXPECT_EQ(error.exit_code(), ExitCode::Configuration);
  EXPECT_THAT(error.describe(), HasSubstr("thesis.doc"));
  EXPECT_EQ(objects(directory / "bucket").size(), 1);

  write_file(directory / "other/expected.json", "[1, 2");
  EXPECT_EQ(refusal(small_sample(), directory / "other").exit_code(), ExitCode::Configuration);
  EXPECT_EQ(objects(directory / "other").size(), 1);
}

TEST(WriteSample, RefusesOptionsOutOfRange) {
  const TempDir directory;
  SampleOptions options = small_sample();
  options.gzip_level = 10;
  EXPECT_THAT(refusal(options, directory / "bucket").describe(), HasSubstr("gzip_level"));
  options = small_sample();
  options.orders = 0;  // and executions of what?
  EXPECT_THAT(refusal(options, directory / "bucket").describe(), HasSubstr("executions"));
  EXPECT_FALSE(fs::exists(directory / "bucket"));
}

TEST(WriteSample, AFolderThatCantBeMadeIsALocalError) {
  const TempDir directory;
  write_file(directory / "file", "");
  EXPECT_EQ(refusal(small_sample(), directory / "file/bucket").exit_code(), ExitCode::LocalIo);
}

TEST(WriteSample, TwoAtOnceWriteItOnce) {
  const TempDir directory;
  int written = 0;
  bool there[2] = {};
  std::thread first([&] { there[0] = write_sample(small_sample(), directory / "bucket").already_there; });
  std::thread second([&] { there[1] = write_sample(small_sample(), directory / "bucket").already_there; });
  first.join();
  second.join();
  for (const bool already : there) written += already ? 0 : 1;
  EXPECT_EQ(written, 1);
  write_sample(small_sample(), directory / "alone");
  EXPECT_EQ(bytes_of(directory / "bucket"), bytes_of(directory / "alone"));
}

struct Shape {
  std::uint64_t strategies, orders, executions, days, load_files;
};
class SampleShape : public ::testing::TestWithParam<Shape> {};

TEST_P(SampleShape, HasExactlyTheRowsAndFilesAskedFor) {
  const Shape& shape = GetParam();
  SampleOptions options = small_sample();
  options.strategies = shape.strategies;
  options.orders = shape.orders;
  options.executions = shape.executions;
  options.days = shape.days;
  options.load_files = shape.load_files;
  const TempDir directory;
  write_sample(options, directory / "bucket");
  const std::map<std::string, std::uint64_t> counts = {
      {"strategies", shape.strategies}, {"orders", shape.orders}, {"executions", shape.executions}};
  for (const auto& [table, rows] : counts) {
    const std::string prefix = "dbo/" + table + "/LOAD";
    EXPECT_EQ(rows_of(directory / "bucket", prefix).size(), rows) << table;
    std::uint64_t files = 0;
    for (const auto& [key, path] : objects(directory / "bucket"))
      files += key.rfind(prefix, 0) == 0 ? 1U : 0U;
    EXPECT_EQ(files, std::min(rows, shape.load_files)) << table;
  }
  const bool changes = !rows_of(directory / "bucket", "dbo/orders/2022").empty();
  EXPECT_EQ(changes, shape.days > 0);
}

INSTANTIATE_TEST_SUITE_P(Shapes, SampleShape,
                         ::testing::Values(Shape{1, 0, 0, 0, 1}, Shape{3, 0, 0, 1, 2}, Shape{5, 7, 0, 1, 3},
                                           Shape{5, 100, 13, 1, 1}, Shape{2, 1, 500, 1, 1},
                                           Shape{90, 1000, 9345, 0, 17}, Shape{2, 30, 30, 6, 300}));

TEST(WriteSample, LoadFilesCountInCapitalHexadecimals) {
  const TempDir directory;
  SampleOptions options = small_sample();
  options.load_files = 12;
  options.days = 0;
  write_sample(options, directory / "bucket");
  EXPECT_TRUE(fs::exists(directory / "bucket/dbo/orders/LOAD0000000C.csv.gz"));
  EXPECT_FALSE(fs::exists(directory / "bucket/dbo/orders/LOAD0000000D.csv.gz"));
}

TEST(WriteSample, DateFoldersHoldTheSameChanges) {
  const TempDir directory;
  SampleOptions options = small_sample();
  write_sample(options, directory / "flat");
  options.date_partitioned = true;
  write_sample(options, directory / "dated");
  EXPECT_FALSE(rows_of(directory / "dated", "dbo/orders/2022/09/22/20220922-").empty());
  EXPECT_FALSE(rows_of(directory / "dated", "dbo/orders/2022/09/23/20220923-").empty());
  const auto flat = expected_json(directory / "flat"), dated = expected_json(directory / "dated");
  EXPECT_EQ(flat["entities"], dated["entities"]);
}

TEST(WriteSample, TheFullLoadDoesNotDependOnTheDaysAfterIt) {
  const TempDir directory;
  SampleOptions options = small_sample();
  write_sample(options, directory / "with");
  options.days = 0;
  write_sample(options, directory / "without");
  const auto with = expected_json(directory / "with"), without = expected_json(directory / "without");
  for (const auto& [name, entity] : without["entities"].items()) {
    EXPECT_EQ(entity["after_full_load"], with["entities"][name]["after_full_load"]);
    EXPECT_EQ(entity["after_full_load"]["checksum"], entity["checksum"]);
    EXPECT_EQ(entity["change_files"]["files"], 0);
  }
}

}  // namespace
}  // namespace peo::test
