// Which types SCHEMA_DRIFT=add chooses, and which ALTER an error names.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "target/schema/new_column_types.hpp"
#include "target/schema/wider_type.hpp"

namespace peo::target {
namespace {

// The type of a column with these values; "NULL" is one.
std::string type_of_values(const std::vector<std::string>& values) {
  decode::ChangeBatch batch;
  decode::ColumnMapping mapping{.columns = {0, 1}, .known = 1, .added = {"new"}};
  batch.mapping = std::make_shared<const decode::ColumnMapping>(mapping);
  batch.width = 2;
  for (const auto& value : values) {
    decode::Field field;
    field.begin = static_cast<std::uint32_t>(batch.bytes.size());
    field.length = static_cast<std::uint32_t>(value.size()) & decode::most_field_bytes;
    field.null = value == "NULL" ? 1U : 0U;
    batch.bytes.insert(batch.bytes.end(), value.begin(), value.end());
    batch.fields.push_back({});
    batch.fields.push_back(field);
    batch.rows.push_back({.line = 1, .number = 1, .begin = 0, .operation = decode::Operation::Insert});
  }
  // What a delete says besides its key isn't read.
  batch.fields.push_back({});
  batch.fields.push_back({.begin = 0, .length = 1});
  batch.bytes.push_back('x');
  batch.rows.push_back({.line = 1, .number = 1, .begin = 0, .operation = decode::Operation::Delete});
  NewColumnTypes types({"new"});
  types.add(batch);
  return types.columns().front().type;
}

// Of a batch without rows, by what its file says.
decode::ChangeBatch of_file(const std::string& type) {
  decode::ChangeBatch batch;
  batch.mapping = std::make_shared<const decode::ColumnMapping>(
      decode::ColumnMapping{.columns = {0, 1}, .known = 1, .added = {"new"}, .added_types = {type}});
  batch.width = 2;
  return batch;
}

TEST(NewColumnTypes, WhatTheFilesSay) {
  for (const char* type : {"bytea", "numeric(18,4)", "double precision", "text"}) {
    NewColumnTypes types({"new"});
    types.add(of_file(type));
    types.add(of_file(type));
    EXPECT_TRUE(types.is_known("new"));
    EXPECT_EQ(types.columns().front().type, type);
    types.add(of_file("real"));
    EXPECT_EQ(types.columns().front().type, "text") << "they differ, and there is no value";
  }
  NewColumnTypes types({"new"});
  types.add(of_file(""));
  EXPECT_FALSE(types.is_known("new"));
}

TEST(NewColumnTypes, OnlyWhatHoldsAllValues) {
  EXPECT_EQ(type_of_values({}), "text");
  EXPECT_EQ(type_of_values({"NULL"}), "text");
  // Or a code, whose next value is 007.
  EXPECT_EQ(type_of_values({"1", "NULL", "-20", "0"}), "text");
  EXPECT_EQ(type_of_values({"1000000000000000000"}), "text");
  EXPECT_EQ(type_of_values({"1", "1.50"}), "numeric");
  EXPECT_EQ(type_of_values({"+3.23800011e+01", "1"}), "numeric");
  EXPECT_EQ(type_of_values({"true", "FALSE"}), "boolean");
  EXPECT_EQ(type_of_values({"2024-02-29", "2024-01-01 23:59:59.123456789", "2024-01-01T00:00:00"}),
            "timestamp without time zone");
  // Leading zeros, other numbers' forms, words, no dates, mixtures.
  for (const auto& values : std::vector<std::vector<std::string>>{{"007"},
                                                                  {"00"},
                                                                  {"1e5"},
                                                                  {"+1"},
                                                                  {"1."},
                                                                  {".5"},
                                                                  {"-"},
                                                                  {"NaN"},
                                                                  {"t"},
                                                                  {"0x1"},
                                                                  {""},
                                                                  {" 1"},
                                                                  {"1 "},
                                                                  {"true", "1"},
                                                                  {"1", "x"},
                                                                  {"2024-02-30"},
                                                                  {"1-1-1"},
                                                                  {"2024-01-01 24:00:00"},
                                                                  {"2024-01-01 10:00"},
                                                                  {"0000-01-01"},
                                                                  {"2024-01-01 10:00:00 +02:00"},
                                                                  {"2024-01-01 10:00:00.1234567890"},
                                                                  {"2024-01-01", "20240101"}}) {
    EXPECT_EQ(type_of_values(values), "text") << values.front();
  }
}

std::string alter_of(const std::string& type, const std::string& base, const std::string& sqlstate,
                     const std::string& value, int key_position = 0) {
  Table table;
  table.permanent = R"("s"."a ""table""")";
  Column column;
  column.name = "The \"column\"";
  column.type = type;
  column.base_type = base;
  column.key_position = key_position;
  table.columns.push_back(column);
  const auto statement = widening_statement(table, column.name, sqlstate, value);
  if (!statement) return "";
  const std::string begin = R"(ALTER TABLE "s"."a ""table""" ALTER COLUMN "The ""column""" TYPE )";
  EXPECT_TRUE(statement->starts_with(begin) && statement->ends_with(";")) << *statement;
  return statement->substr(begin.size(), statement->size() - begin.size() - 1);
}

TEST(WiderType, IsOneThatTakesTheValue) {
  EXPECT_EQ(alter_of("smallint", "int2", "22003", "40000"), "bigint");
  EXPECT_EQ(alter_of("integer", "int4", "22003", "3000000000"), "bigint");
  EXPECT_EQ(alter_of("integer", "int4", "22003", "+9223372036854775808"), "numeric");
  EXPECT_EQ(alter_of("bigint", "int8", "22003", "9223372036854775808"), "numeric");
  EXPECT_EQ(alter_of("integer", "int4", "22P02", "1.5"), "numeric");
  EXPECT_EQ(alter_of("integer", "int4", "22P02", "A17"), "text");
  EXPECT_EQ(alter_of("numeric(10,2)", "numeric", "22003", "123456789012.00"), "numeric(38,2)");
  EXPECT_EQ(alter_of("numeric(10,2)", "numeric", "22003", ""), "numeric");
  EXPECT_EQ(alter_of("numeric(38,2)", "numeric", "22003", std::string(37, '1')), "numeric");
  EXPECT_EQ(alter_of("numeric(5,-2)", "numeric", "22003", "12345678901"), "numeric");
  EXPECT_EQ(alter_of("numeric(10,2)", "numeric", "22P02", "n/a"), "text");
  EXPECT_EQ(alter_of("character varying(50)", "varchar", "22001", "long"), "text");
  EXPECT_EQ(alter_of("character(3)", "bpchar", "22001", "long"), "text");
  EXPECT_EQ(alter_of("real", "float4", "22003", "1e300"), "double precision");
  EXPECT_EQ(alter_of("boolean", "bool", "22P02", "maybe"), "text");
  // No type helps, or another question.
  EXPECT_EQ(alter_of("integer", "int4", "23502", ""), "");
  EXPECT_EQ(alter_of("date", "date", "22008", "2024-02-30"), "");
  EXPECT_EQ(alter_of("text", "text", "22021", "x"), "");
}

// As text, 1 and 01 would be two keys, and foreign keys of other tables would no longer fit.
TEST(WiderType, OfAKeyIsNotAnotherKindOfType) {
  EXPECT_EQ(alter_of("integer", "int4", "22003", "3000000000", 1), "bigint");
  EXPECT_EQ(alter_of("character varying(50)", "varchar", "22001", "long", 1), "text");
  EXPECT_EQ(alter_of("integer", "int4", "22P02", "A17", 1), "");
  EXPECT_EQ(alter_of("uuid", "uuid", "22P02", "x", 2), "");
  EXPECT_EQ(alter_of("character(3)", "bpchar", "22001", "long", 1), "");
}

}  // namespace
}  // namespace peo::target
