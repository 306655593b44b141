// Rows that AWS DMS or its users published; where they come from stands beside them in the format's
// reference.
#include "survey/table_shape.hpp"

#include <gmock/gmock.h>

#include "survey/key_finder.hpp"

namespace peo::survey {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Lines = std::vector<std::vector<std::string>>;

FileHead head(DeliveryKind kind, const char* name, Lines rows) {
  FileHead made;
  made.file.object.key = name;
  made.file.kind = kind;
  made.rows = std::move(rows);
  return made;
}
FileHead load(Lines rows) { return head(DeliveryKind::FullLoad, "LOAD00000001.csv", std::move(rows)); }
FileHead changes(const char* name, Lines rows) { return head(DeliveryKind::Change, name, std::move(rows)); }

TEST(TableShape, ByDefaultChangesHaveOpAndLoadsDoNot) {
  const auto shape = find_shape(
      {load({{"6", "Mindy George", "Los Angeles", "2021-10-01"}}),
       changes("20211017-194324349.csv", {{"U", "6", "Mindy George", "Los Angeles", "2021-10-15"}})});
  EXPECT_FALSE(shape.header);
  EXPECT_FALSE(shape.operation_in_loads);
  EXPECT_TRUE(shape.operation_in_changes);
  EXPECT_THAT(shape.columns, ElementsAre("column_1", "column_2", "column_3", "column_4"));
  EXPECT_THAT(shape.doubts, IsEmpty());
}

TEST(TableShape, OpInFullLoadsTooWhenAllFilesAreEquallyWide) {
  const auto shape =
      find_shape({load({{"I", "2024-06-12 10:28:13.994638", "1", "Beverages"}}),
                  changes("20240612-103125108.csv", {{"D", "2024-06-12 10:30:25.854359", "1", ""}})});
  EXPECT_TRUE(shape.operation_in_loads);
  EXPECT_EQ(shape.columns.size(), 3U);
}

TEST(TableShape, ALetterIIsNoOpWhenChangesAreOneFieldWider) {
  const auto shape = find_shape(
      {load({{"I", "one"}, {"D", "five hundred"}}), changes("20240612-103125108.csv", {{"U", "I", "two"}})});
  EXPECT_FALSE(shape.operation_in_loads);
  EXPECT_EQ(shape.columns.size(), 2U);
}

TEST(TableShape, AHeaderNamesTheColumns) {
  const auto shape =
      find_shape({load({{"EMPLOYEE_ID", "FIRST_NAME", "SALARY"}, {"100", "Steven", "24000.00"}}),
                  changes("20180820-084657015.csv",
                          {{"Op", "EMPLOYEE_ID", "FIRST_NAME", "SALARY"}, {"I", "101", "Neena", "1.00"}})});
  EXPECT_TRUE(shape.header);
  EXPECT_THAT(shape.columns, ElementsAre("EMPLOYEE_ID", "FIRST_NAME", "SALARY"));
}

TEST(TableShape, WordsAloneAreAHeaderOnlyWhenTheyComeAgain) {
  EXPECT_FALSE(find_shape({load({{"red", "apple"}, {"green", "pear"}})}).header);
  EXPECT_TRUE(find_shape({load({{"color", "fruit"}, {"green", "pear"}}),
                          load({{"color", "fruit"}, {"red", "apple"}})})
                  .header);
}

TEST(TableShape, AnotherWidthIsSaid) {
  const auto shape = find_shape({load({{"1", "a"}}), changes("20240612-103125108.csv", {{"I", "2", "b"}}),
                                 changes("20240613-103125108.csv", {{"I", "3", "c", "new"}})});
  EXPECT_EQ(shape.columns.size(), 2U);
  ASSERT_EQ(shape.doubts.size(), 1U);
  EXPECT_THAT(shape.doubts[0], HasSubstr("20240613-103125108.csv has 3 columns"));
}

TEST(KeyFinder, KeepsWhatNeverRepeats) {
  KeyFinder finder(4);
  const std::vector<std::vector<const char*>> rows = {
      {"1", "10", "x", ""}, {"1", "11", "x", "2"}, {"2", "10", "x", "3"}};
  for (const auto& row : rows) {
    Values values;
    for (const auto* text : row) values.push_back({text, *text == '\0'});
    finder.add(values.data());
  }
  EXPECT_THAT(finder.candidates(), ElementsAre(std::vector<std::size_t>{0, 1}));
}

}  // namespace
}  // namespace peo::survey
