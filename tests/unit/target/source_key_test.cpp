// "Source key:" in a table's comment, and changes that don't carry the whole primary key.
#include "target/schema/source_key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "target/copy/partial_key.hpp"

namespace peo::target {
namespace {

using decode::Operation;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SourceKey, NamesColumnsUpToTheEndOfTheSentence) {
  EXPECT_EQ(source_key("Execution reports."), std::nullopt);
  EXPECT_THAT(*source_key("Reports. Source key: exec_id."), ElementsAre("exec_id"));
  EXPECT_THAT(*source_key("Source key: a, b. More words, and others."), ElementsAre("a", "b"));
  EXPECT_THAT(*source_key("Source key: v1.2\nSource table: x."), ElementsAre("v1.2"));
  EXPECT_THAT(*source_key("Source key: \"a, b.\", \"say \"\"c\"\"\"."), ElementsAre("a, b.", "say \"c\""));
  EXPECT_THAT(*source_key("Source key: ."), IsEmpty());
  EXPECT_THAT(*source_key("Source key: a,"), IsEmpty());
  EXPECT_THAT(*source_key("Source key:"), IsEmpty());
}

Table executions(std::optional<std::vector<std::string>> declared, const std::string& type = "int8") {
  Table table;
  table.name = table.qualified = "executions";
  for (const auto& [name, position] :
       {std::pair("exec_id", 1), std::pair("order_id", 2), std::pair("text", 0)}) {
    Column column;
    column.name = name;
    column.base_type = column.plain_type = column.type = type;
    column.is_text = type == "text";
    column.not_null = true;
    column.key_position = position;
    table.columns.push_back(column);
  }
  table.source_key = std::move(declared);
  mark_source_key(table);
  return table;
}

TEST(SourceKey, OnlyColumnsOfThePrimaryKeyCanBeDeclared) {
  EXPECT_FALSE(unusable_source_key(executions(std::nullopt)));
  EXPECT_FALSE(unusable_source_key(executions({{"exec_id"}})));
  EXPECT_THAT(unusable_source_key(executions({{"text"}}))->what(), HasSubstr("text"));
  EXPECT_THAT(unusable_source_key(executions({{"exec"}}))->what(),
              HasSubstr("not a column of its primary key"));
  EXPECT_TRUE(unusable_source_key(executions({std::vector<std::string>()})));
}

// What is found for a row of these fields; NULL: not quoted and empty.
KeyCheck::Found found(const Table& table, Operation operation,
                      const std::vector<std::optional<std::string>>& values) {
  decode::ChangeBatch batch;
  batch.width = values.size();
  for (const auto& value : values) {
    decode::Field field;
    field.begin = static_cast<std::uint32_t>(batch.bytes.size());
    field.length = static_cast<std::uint32_t>(value ? value->size() : 0) & decode::most_field_bytes;
    field.null = value ? 0 : 1;
    if (value) batch.bytes.insert(batch.bytes.end(), value->begin(), value->end());
    batch.fields.push_back(field);
  }
  batch.rows.push_back({.line = 7, .number = 1, .begin = 0, .operation = operation});
  const KeyCheck check(table);
  const auto result = check.check(batch, 0);
  if (result == KeyCheck::Found::Bad) {
    EXPECT_EQ(check.error(batch, 0).place().line, 7U);
    EXPECT_FALSE(check.error(batch, 0).place().column.empty());
  }
  return result;
}

TEST(PartialKey, ADeleteWithoutTheWholeKeyIsBadUnlessTheRestIsDeclared) {
  const auto whole = KeyCheck::Found::Whole;
  const auto partial = KeyCheck::Found::Partial;
  const auto bad = KeyCheck::Found::Bad;
  const auto plain = executions(std::nullopt);
  EXPECT_EQ(found(plain, Operation::Delete, {"1", "2", std::nullopt}), whole);
  EXPECT_EQ(found(plain, Operation::Delete, {"1", std::nullopt, std::nullopt}), bad);
  EXPECT_EQ(found(plain, Operation::KeyUpdated, {std::nullopt, "2", std::nullopt}), bad);
  // The server refuses it.
  EXPECT_EQ(found(plain, Operation::Update, {"1", std::nullopt, "x"}), whole);
  const auto declared = executions({{"exec_id"}});
  EXPECT_EQ(found(declared, Operation::Delete, {"1", std::nullopt, std::nullopt}), partial);
  EXPECT_EQ(found(declared, Operation::Update, {"1", std::nullopt, "x"}), partial);
  EXPECT_EQ(found(declared, Operation::Insert, {"1", std::nullopt, "x"}), whole);
  EXPECT_EQ(found(declared, Operation::Delete, {std::nullopt, "2", std::nullopt}), bad);
}

TEST(PartialKey, AnEmptyTextIsAValueUnlessTheSourceKeyLacksTheColumn) {
  EXPECT_EQ(found(executions(std::nullopt, "text"), Operation::Delete, {"1", std::nullopt, std::nullopt}),
            KeyCheck::Found::Whole);
  EXPECT_EQ(found(executions({{"exec_id"}}, "text"), Operation::Delete, {"1", std::nullopt, std::nullopt}),
            KeyCheck::Found::Partial);
  EXPECT_EQ(found(executions({{"exec_id"}}, "text"), Operation::Delete, {"1", "", std::nullopt}),
            KeyCheck::Found::Whole);  // quoted
}

}  // namespace
}  // namespace peo::target
