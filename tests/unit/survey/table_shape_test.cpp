// Rows that AWS DMS or its users published; where they come from stands beside them in the format's
// reference.
#include "tables/survey/table_shape.hpp"

#include <gmock/gmock.h>

#include "tables/survey/key_finder.hpp"

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

TEST(TableShape, ARenamedColumnIsNamed) {
  const auto shape =
      find_shape({load({{"ID", "Land"}, {"1", "DE"}}),
                  changes("20240131-101500000.csv", {{"Op", "ID", "Country"}, {"I", "2", "FR"}})});
  ASSERT_EQ(shape.doubts.size(), 1U);
  EXPECT_THAT(shape.doubts.front(),
              HasSubstr("has the column Country, which LOAD00000001.csv lacks, and lacks the column Land"));
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

KnownTable known_by_sql() {
  return {.name = "fruit", .columns = {{"id", true}, {"name"}, {"at"}}, .format = {}, .entries = {}};
}

TEST(TableShape, TheSqlNamesTheColumnsAndTheKey) {
  const auto shape = find_shape(
      {load({{"1", "apple", "here"}}), changes("20240612-103125108.csv", {{"U", "1", "pear", "there"}})},
      known_by_sql());
  EXPECT_EQ(shape.names, TableShape::Names::Sql);
  EXPECT_THAT(shape.columns, ElementsAre("id", "name", "at"));
  EXPECT_THAT(shape.key, ElementsAre(0U));
  EXPECT_THAT(shape.doubts, IsEmpty());
  // A header may come in any order, and lack a column.
  const auto fields = shape.fields_of(DeliveryKind::Change, {"Op", "name", "id"});
  ASSERT_TRUE(fields);
  EXPECT_TRUE(fields->header);
  EXPECT_EQ(fields->operation, 0);
  EXPECT_THAT(fields->places, ElementsAre(2, 1, FileFields::none));
}

TEST(TableShape, WhatTheLoaderWouldRefuseIsSaid) {
  const auto shape = find_shape({load({{"1", "apple"}})}, known_by_sql());
  EXPECT_EQ(shape.names, TableShape::Names::Numbered);
  EXPECT_THAT(shape.columns, ElementsAre("column_1", "column_2"));
  ASSERT_EQ(shape.doubts.size(), 1U);
  EXPECT_THAT(shape.doubts[0], HasSubstr("the loader would reject it: the row has 2 fields (1, apple)"));
}

TEST(TableShape, ColumnsAndFormatSayWhatFilesDoNot) {
  using Kind = ColumnEntry::Kind;
  KnownTable known;
  known.entries = {{Kind::Operation}, {Kind::Timestamp},      {Kind::Named, "id"},
                   {Kind::Rest},      {Kind::Ignored, "seq"}, {Kind::Named, "BI_id"}};
  const auto shape = find_shape({load({{"t", "1", "apple", "s"}}),
                                 changes("20240612-103125108.csv", {{"U", "t", "2", "pear", "s", "1"}})},
                                known);
  EXPECT_EQ(shape.names, TableShape::Names::Settings);
  EXPECT_THAT(shape.columns, ElementsAre("id", "column_2"));
  EXPECT_THAT(shape.fields_of(DeliveryKind::Change, {"U", "t", "2", "pear", "s", "1"})->places,
              ElementsAre(2, 3));
  EXPECT_FALSE(shape.fields_of(DeliveryKind::FullLoad, {"t", "1"}));

  KnownTable without_op;
  without_op.format.operation = Present::Never;
  without_op.format.header = true;
  EXPECT_THAT(find_shape({load({{"I", "D"}, {"U", "D"}})}, without_op).columns, ElementsAre("I", "D"));
}

TEST(TableShape, AHeaderMayHoldAnyNames) {
  const auto shape = find_shape({load({{"a\"b", "Größe", "pct %", "select"}, {"x", "y", "0.50", "z"}})});
  EXPECT_TRUE(shape.header);
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
