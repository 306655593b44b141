// Keys as bytes: equal and in order just as PostgreSQL has them, or not at all.
#include "target/copy/sort_key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "target/copy/encode/copy_buffer.hpp"
#include "target/copy/encode/encoder.hpp"

namespace peo::target {
namespace {

Column column(const std::string& type, const std::string& base, int position) {
  Column made;
  made.name = "k" + std::to_string(position);
  made.type = type;
  made.plain_type = type.substr(0, type.find('('));
  made.base_type = base;
  made.key_position = position;
  return made;
}

// The key of a row of these values; "" when it has none.
std::string key_of(const std::vector<Column>& columns, const std::vector<std::string>& values) {
  Table table;
  table.columns = columns;
  const auto form = SortKey::of(table, 0);
  if (!form) ADD_FAILURE() << "the key has no form";
  encode::CopyBuffer out;
  encode::begin_row(out, static_cast<std::uint16_t>(values.size()));
  for (std::size_t k = 0; k < values.size(); ++k) {
    const auto encoder = encode::encoder_for({.base_type = columns[k].base_type, .kind = 'b'});
    EXPECT_EQ(encoder->encode(values[k], out), encode::Outcome::Encoded);
  }
  std::string key;
  return form->read(out.bytes(), key) ? key : "";
}

void expect_order(const Column& type, const std::vector<std::string>& values) {
  for (std::size_t i = 1; i < values.size(); ++i) {
    EXPECT_LT(key_of({type}, {values[i - 1]}), key_of({type}, {values[i]})) << values[i];
  }
}

TEST(SortKey, NumbersAndTimesStandInOrder) {
  expect_order(column("smallint", "int2", 1), {"-32768", "-1", "0", "1", "32767"});
  expect_order(column("integer", "int4", 1), {"-2147483648", "-5", "0", "70000"});
  expect_order(column("bigint", "int8", 1), {"-9223372036854775808", "-1", "0", "9223372036854775807"});
  expect_order(column("date", "date", 1), {"1066-10-14", "1999-12-31", "2000-01-01", "2026-11-24"});
  expect_order(column("timestamp without time zone", "timestamp", 1),
               {"1999-12-31 23:59:59.999999", "2000-01-01 00:00:00", "2026-11-24 10:00:00"});
}

TEST(SortKey, TextsThatBeginAlikeAndPartsThatRunIntoEachOther) {
  const auto text = column("text", "text", 1);
  expect_order(text, {"a", "a!", "aa", "ab", "b"});
  const std::vector<Column> two = {column("text", "text", 1), column("text", "text", 2)};
  EXPECT_NE(key_of(two, {"a", "bc"}), key_of(two, {"ab", "c"}));
  EXPECT_NE(key_of(two, {"", "a"}), key_of(two, {"a", ""}));
}

TEST(SortKey, TheKeysOrderIsTheIndexsNotTheTables) {
  const std::vector<Column> two = {column("integer", "int4", 2), column("integer", "int4", 1)};
  EXPECT_LT(key_of(two, {"9", "1"}), key_of(two, {"1", "2"}));
}

TEST(SortKey, BlanksBehindACharacterDontCount) {
  const auto padded = column("character(5)", "bpchar", 1);
  EXPECT_EQ(key_of({padded}, {"ab"}), key_of({padded}, {"ab   "}));
}

TEST(SortKey, ATextThatTheServerMayCutHasNone) {
  const auto limited = column("character varying(3)", "varchar", 1);
  EXPECT_NE(key_of({limited}, {"abc"}), "");
  EXPECT_EQ(key_of({limited}, {"abc "}), "");
  EXPECT_NE(key_of({column("character varying", "varchar", 1)}, {"abc "}), "");
}

TEST(SortKey, NullHasNone) {
  Table table;
  table.columns = {column("integer", "int4", 1)};
  encode::CopyBuffer out;
  encode::begin_row(out, 1);
  encode::write_null(out);
  std::string key;
  EXPECT_FALSE(SortKey::of(table, 0)->read(out.bytes(), key));
}

TEST(SortKey, NotWhereDifferentBytesMayBeEqual) {
  const auto has_form = [](Column of) {
    Table table;
    table.columns = {std::move(of)};
    return SortKey::of(table, 0).has_value();
  };
  EXPECT_TRUE(has_form(column("uuid", "uuid", 1)));
  EXPECT_FALSE(has_form(column("numeric", "numeric", 1)));
  EXPECT_FALSE(has_form(column("double precision", "float8", 1)));
  EXPECT_FALSE(has_form(column("timestamp(0) without time zone", "timestamp", 1)));
  auto unequal = column("text", "text", 1);
  unequal.deterministic = false;
  EXPECT_FALSE(has_form(unequal));
  auto many = column("integer[]", "int4", 1);
  many.is_array = true;
  EXPECT_FALSE(has_form(many));
}

}  // namespace
}  // namespace peo::target
