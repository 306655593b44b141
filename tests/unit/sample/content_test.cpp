// What the files of a sample hold, read back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <tuple>

#include "sample_reader.hpp"

namespace peo::test {
namespace {

using ::testing::HasSubstr;
__extension__ using Wide = __int128;

// One small sample for all tests of this file.
const std::filesystem::path& written() {
  static const TempDir directory;
  static const std::filesystem::path path = [] {
    sample::write_sample(small_sample(), directory / "bucket");
    return directory / "bucket";
  }();
  return path;
}

// A decimal with eight places as an integer.
std::int64_t units(const std::string& text) {
  std::string digits = text;
  const std::size_t point = digits.find('.');
  if (point == std::string::npos || digits.size() - point != 9)
    throw std::runtime_error("no full scale: " + text);
  return std::stoll(digits.erase(point, 1));
}

TEST(SampleContent, FullLoadHasExactlyTheRowsAskedFor) {
  EXPECT_EQ(rows_of(written(), "dbo/strategies/LOAD").size(), 12);
  EXPECT_EQ(rows_of(written(), "dbo/orders/LOAD").size(), 400);
  EXPECT_EQ(rows_of(written(), "dbo/executions/LOAD").size(), 3'000);
}

TEST(SampleContent, RowsHaveTheTablesWidthAndChangesTheirOperationFirst) {
  const std::map<std::string, std::size_t> widths = {{"strategies", 10}, {"orders", 19}, {"executions", 16}};
  for (const auto& [table, width] : widths) {
    for (const CsvRow& row : rows_of(written(), "dbo/" + table + "/LOAD"))
      ASSERT_EQ(row.size(), width) << table;
    const auto changes = rows_of(written(), "dbo/" + table + "/2022");
    ASSERT_FALSE(changes.empty());
    for (const CsvRow& row : changes) {
      ASSERT_EQ(row.size(), width + 1) << table;
      ASSERT_THAT(row[0].text, ::testing::AnyOf("I", "U", "D"));
    }
  }
}

TEST(SampleContent, QuotesOnlyWhatNeedsThemAndNeverWritesTheWordNull) {
  std::size_t quoted = 0;
  for (const auto& [key, path] : objects(written())) {
    if (key == "expected.json") continue;
    for (const CsvRow& row : csv_rows(gunzipped(path))) {
      for (const CsvField& field : row) {
        ASSERT_EQ(field.quoted, field.text.find_first_of(",\"\r\n") != std::string::npos) << field.text;
        ASSERT_NE(field.text, "NULL");
        quoted += field.quoted ? 1 : 0;
      }
    }
  }
  EXPECT_GT(quoted, 20);
}

TEST(SampleContent, TextsCoverWhatBreaksReaders) {
  std::string all;
  for (const CsvRow& row : rows_of(written(), "dbo/")) {
    for (const CsvField& field : row) all += "|" + field.text;
  }
  for (const char* text : {"\r\n", "|\n", "\"", "日本", "é", "\xF0\x9F\x9A\x80", "|  two", "behind  |",
                           "C:\\desk", "\\N", "|null|", "NULL and void", "\t"})
    EXPECT_THAT(all, HasSubstr(text));
}

TEST(SampleContent, ObjectsAreOneGzipMemberAsDmsWritesIt) {
  for (const auto& [key, path] : objects(written() / "dbo")) {
    const std::string bytes = read_file(path);
    EXPECT_EQ(bytes.substr(0, 8), std::string("\x1f\x8b\x08\0\0\0\0\0", 8)) << key;  // no flags, no time
    EXPECT_EQ(bytes[9], 3) << key;
  }
}

TEST(SampleContent, ExecutionsAddUpToTheirOrders) {
  std::map<std::string, std::vector<CsvRow>> executions;
  std::set<std::string> exec_ids;
  for (CsvRow& row : rows_of(written(), "dbo/executions/LOAD")) {
    EXPECT_TRUE(exec_ids.insert(row[0].text).second);
    executions[row[1].text].push_back(std::move(row));
  }
  std::map<std::string, std::size_t> states;
  for (const CsvRow& order : rows_of(written(), "dbo/orders/LOAD")) {
    Wide traded = 0;
    std::int64_t quantity = 0;
    for (const CsvRow& execution : executions[order[0].text]) {
      if (execution[6].text.empty()) continue;
      quantity += units(execution[6].text);
      traded += static_cast<Wide>(units(execution[6].text)) * units(execution[7].text);
    }
    const std::int64_t ordered = units(order[9].text);
    const std::string& state = order[8].text;
    const bool lives = state == "A" || state == "0" || state == "1";
    ++states[state];
    EXPECT_EQ(units(order[12].text), quantity);
    EXPECT_EQ(units(order[13].text), lives ? ordered - quantity : 0);
    EXPECT_EQ(units(order[14].text),
              quantity == 0 ? 0 : static_cast<std::int64_t>((traded * 2 + quantity) / quantity / 2));
    EXPECT_EQ(state == "2", quantity == ordered) << state;
    EXPECT_TRUE(state != "1" || quantity > 0);
  }
  for (const char* state : {"0", "1", "2", "4", "8", "C"}) EXPECT_GT(states[state], 0) << state;
}

TEST(SampleContent, ChangesHoldTheCasesThatLoadersGetWrong) {
  std::map<std::string, int> seen;
  std::set<std::string> gone;
  for (const auto& [key, path] : objects(written() / "dbo/orders")) {
    if (key.rfind("LOAD", 0) == 0) continue;
    std::map<std::string, std::string> operations;
    std::string before;
    std::map<std::string, std::string> last_row;
    for (const CsvRow& row : csv_rows(gunzipped(path))) {
      const std::string& operation = row[0].text;
      std::string text;
      for (std::size_t i = 1; i < row.size(); ++i) text += row[i].text + "|";
      operations[row[1].text] += operation;
      if (operation == "D") {
        ++seen[row[2].text.empty() ? "delete by key" : "delete with all columns"];
        if (!gone.insert(row[1].text).second) ++seen["delete of an absent key"];
      } else {
        gone.erase(row[1].text);
      }
      if (operation == "U" && operation + text == before) ++seen["repeated update"];
      if (operation == "I" && operations[row[1].text] == "DI" && last_row[row[1].text] == text)
        ++seen["same again"];
      before = operation + text;
      last_row[row[1].text] = text;
    }
    for (const auto& [id, all] : operations) {
      if (all.rfind("IU", 0) == 0 && all.back() == 'D') ++seen["insert, update, delete"];
      if (all.rfind("IUDI", 0) == 0) ++seen["insert, update, delete, insert"];
      if (all.size() > 2) ++seen["several updates"];
    }
  }
  for (const char* what :
       {"delete by key", "delete with all columns", "delete of an absent key", "repeated update",
        "same again", "insert, update, delete", "insert, update, delete, insert", "several updates"})
    EXPECT_GT(seen[what], 0) << what;
}

TEST(SampleContent, ChangeNamesAreNeverEarlierThanTheirRows) {
  for (const char* table : {"strategies", "orders", "executions"}) {
    for (const auto& [key, path] : objects(written() / "dbo" / table)) {
      if (key.rfind("LOAD", 0) == 0) continue;
      const std::string name = key.substr(0, 4) + "-" + key.substr(4, 2) + "-" + key.substr(6, 2) + " " +
                               key.substr(9, 2) + ":" + key.substr(11, 2) + ":" + key.substr(13, 2) + "." +
                               key.substr(15, 3) + "999";
      for (const CsvRow& row : csv_rows(gunzipped(path))) EXPECT_LE(row.back().text, name) << key;
    }
  }
}

TEST(SampleContent, ModificationTimesFollowTheNames) {
  for (const char* table : {"strategies", "orders", "executions"}) {
    std::map<std::string, std::filesystem::file_time_type> times;
    for (const auto& [key, path] : objects(written() / "dbo" / table)) times[key] = last_write_time(path);
    const auto load = times.at("LOAD00000001.csv.gz");
    times.erase("LOAD00000001.csv.gz");
    auto before = load;
    for (const auto& [key, time] : times) {
      EXPECT_GT(time, before) << key;
      before = time;
    }
  }
}

}  // namespace
}  // namespace peo::test
