// Binary COPY of encoded values against text COPY of the same values: same rows, same refusals. What the
// encoders leave to the receive functions (length, precision, domains, labels, valid UTF-8 and JSON) is here.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "integration/encode/copy.hpp"
#include "integration/encode/sample_values.hpp"
#include "support/database.hpp"
#include "support/postgres_server.hpp"
#include "target/copy/encode/encoder.hpp"

namespace peo::target::encode {
namespace {

struct Column {
  std::string declared;  // as SQL writes it
  ColumnType type;
};

class BinaryCopy : public testing::Test {
 protected:
  BinaryCopy() {
    database_.execute(
        "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET extra_float_digits = 3;"
        "CREATE TYPE side AS ENUM ('buy', 'sell', 'sell short');"
        "CREATE DOMAIN price AS numeric(10,2) CHECK (VALUE >= 0);"
        "CREATE DOMAIN fair_price AS price CHECK (VALUE < 1000);"
        "CREATE DOMAIN code AS varchar(3);"
        "CREATE DOMAIN chosen AS side CHECK (VALUE <> 'sell');"
        "CREATE DOMAIN moment AS timestamp(3);");
  }

  // The value as the column then shows it, or "refused SQLSTATE".
  std::string by_text(const std::string& declared, const std::string& value) {
    return stored(declared, "", test::escaped(value) + "\n");
  }
  std::string by_binary(const Column& column, const std::string& value) {
    CopyBuffer out;
    write_header(out);
    begin_row(out, 1);
    const auto outcome = encoder_for(column.type)->encode(value, out);
    if (outcome == Outcome::Unsure) return "unsure";
    if (refused(outcome)) return fmt::format("refused {}", sqlstate(outcome));
    write_trailer(out);
    return stored(column.declared, "(FORMAT binary)", out.bytes());
  }
  std::string stored(const std::string& declared, const std::string& format, std::string_view bytes) {
    database_.execute(fmt::format("DROP TABLE IF EXISTS one; CREATE TABLE one (value {})", declared));
    const auto state = test::copy_in(database_, "COPY one FROM STDIN " + format, bytes);
    return state.empty() ? database_.value("SELECT value::text || '|' || octet_length(value::text) FROM one")
                         : "refused " + state;
  }

  test::TestDatabase scratch_;
  test::Database database_{scratch_.conninfo()};
};

TEST_F(BinaryCopy, AppliesLengthsPrecisionsAndConstraintsAsTextCopyDoes) {
  const std::vector<std::string> numbers{
      "0",     "1.005",  "-1.005", "1.995",    "999.994",  "999.995",  "-999.995",     "1000",
      "0.004", "-0.004", "0.005",  "1e2",      "1e3",      "12345678", "99999999.994", "99999999.995",
      "NaN",   "-0.00",  "5",      "15",       "0.000049", "0.00005",  "49",           "50",
      "150",   "99949",  "99950",  "24000.00", "-1"};
  const std::vector<std::string> texts{"",
                                       " ",
                                       "a",
                                       "abc",
                                       "abcd",
                                       "abc ",
                                       "abc   ",
                                       "ab d",
                                       "äöü",
                                       "äöüß",
                                       "日本語 ",
                                       "日本語語",
                                       "buy",
                                       "sell",
                                       "sell short",
                                       "Buy",
                                       "buy ",
                                       R"(a\b)",
                                       "\xff",
                                       "a\xC3",
                                       std::string(64, 'x'),
                                       "\xED\xA0\x80",
                                       std::string("a\0b", 3)};
  const std::vector<std::string> moments{"2020-01-02 03:04:05.123456",
                                         "2020-01-02 03:04:05.5",
                                         "2020-01-02",
                                         "2020-01-02 03:04:05.1235",
                                         "2020-01-02 03:04:05.0005",
                                         "1999-12-31 23:59:59.9996",
                                         "1999-12-31 23:59:59.5",
                                         "1999-12-31 23:59:58.5",
                                         "1970-01-01 00:00:00.9999999",
                                         "infinity",
                                         "-infinity",
                                         "9999-12-31 23:59:59.999999",
                                         "2020-01-02 24:00:00"};
  const std::vector<std::string> times{"03:04:05.123456", "23:59:59.9999", "23:59:59.5", "24:00:00",
                                       "00:00:00.0005"};
  const std::vector<std::string> documents{"{}",
                                           R"({"a": 1.50, "a" : 2})",
                                           " [1 , 2]",
                                           "{",
                                           "",
                                           "1e400",
                                           "nul",
                                           R"("\u0000")",
                                           "\"\xff\"",
                                           R"("ä")",
                                           R"("\ud800")",
                                           "[1,]"};
  const std::vector<std::pair<Column, std::vector<std::string>>> cases{
      {{"numeric(5,2)", {"numeric"}}, numbers},
      {{"numeric(10,0)", {"numeric"}}, numbers},
      {{"numeric(3,-2)", {"numeric"}}, numbers},
      {{"numeric(2,4)", {"numeric"}}, numbers},
      {{"numeric", {"numeric"}}, numbers},
      {{"price", {"numeric"}}, numbers},
      {{"fair_price", {"numeric"}}, numbers},
      {{"varchar(3)", {"varchar"}}, texts},
      {{"varchar", {"varchar"}}, texts},
      {{"char(3)", {"bpchar"}}, texts},
      {{"bpchar", {"bpchar"}}, texts},
      {{"text", {"text"}}, texts},
      {{"code", {"varchar"}}, texts},
      {{"side", {"side", 'e'}}, texts},
      {{"chosen", {"side", 'e'}}, texts},
      {{"timestamp(0)", {"timestamp"}}, moments},
      {{"timestamp(3)", {"timestamp"}}, moments},
      {{"moment", {"timestamp"}}, moments},
      {{"timestamptz(0)", {"timestamptz"}}, moments},
      {{"timestamptz(5)", {"timestamptz"}}, moments},
      {{"date", {"date"}}, moments},
      {{"time(0)", {"time"}}, times},
      {{"time(2)", {"time"}}, times},
      {{"json", {"json"}}, documents},
      {{"jsonb", {"jsonb"}}, documents},
  };
  for (const auto& [column, values] : cases) {
    // A scale below 0 or above the precision: from PostgreSQL 15 on.
    if (test::postgres_major() < 15 &&
        (column.declared == "numeric(3,-2)" || column.declared == "numeric(2,4)"))
      continue;
    for (const auto& value : values) {
      EXPECT_EQ(by_binary(column, value), by_text(column.declared, value)) << column.declared << ' ' << value;
    }
  }
}

TEST_F(BinaryCopy, FillsATableOfAllTypesAsTextCopyDoes) {
  const std::vector<Column> columns{{"int2", {"int2"}},
                                    {"int4", {"int4"}},
                                    {"int8", {"int8"}},
                                    {"numeric", {"numeric"}},
                                    {"numeric(60,3)", {"numeric"}},
                                    {"float4", {"float4"}},
                                    {"float8", {"float8"}},
                                    {"bool", {"bool"}},
                                    {"text", {"text"}},
                                    {"varchar(200)", {"varchar"}},
                                    {"char(200)", {"bpchar"}},
                                    {"date", {"date"}},
                                    {"time", {"time"}},
                                    {"time(2)", {"time"}},
                                    {"timestamp", {"timestamp"}},
                                    {"timestamp(3)", {"timestamp"}},
                                    {"timestamptz", {"timestamptz"}},
                                    {"timestamptz(0)", {"timestamptz"}},
                                    {"uuid", {"uuid"}},
                                    {"bytea", {"bytea"}},
                                    {"json", {"json"}},
                                    {"jsonb", {"jsonb"}}};
  std::string list;
  std::vector<ColumnEncoder> encoders;
  for (const auto& column : columns) {
    list += fmt::format("{}c{} {}", list.empty() ? "" : ", ", encoders.size(), column.declared);
    encoders.push_back(encoder_for(column.type).value());
  }
  database_.execute(
      fmt::format("CREATE TABLE by_text (n int8, {0}); CREATE TABLE by_binary (n int8, {0})", list));

  test::SampleValues random(3);
  std::string text;
  CopyBuffer binary;
  write_header(binary);
  constexpr int row_count = 3000;
  for (int n = 0; n < row_count; ++n) {
    begin_row(binary, static_cast<std::uint16_t>(columns.size() + 1));
    write_int8(binary, n);
    text += std::to_string(n);
    for (std::size_t k = 0; k < columns.size(); ++k) {
      if (random.below(10) == 0) {
        write_null(binary);
        text += "\t\\N";
        continue;
      }
      const auto value = random.common(columns[k].type.base_type);
      ASSERT_EQ(encoders[k].encode(value, binary), Outcome::Encoded) << columns[k].declared << ' ' << value;
      const bool prefixed = value.starts_with("0x") || value.starts_with("\\x");
      text += columns[k].declared == "bytea" ? "\t\\\\x" + value.substr(prefixed ? 2 : 0)
                                             : "\t" + test::escaped(value);
    }
    text += '\n';
  }
  write_trailer(binary);
  EXPECT_EQ(test::copy_in(database_, "COPY by_text FROM STDIN", text), "");
  EXPECT_EQ(test::copy_in(database_, "COPY by_binary FROM STDIN (FORMAT binary)", binary.bytes()), "");

  EXPECT_EQ(database_.value("SELECT count(*) FROM by_binary"), std::to_string(row_count));
  // As texts, so that 1.0 differs from 1.00; a row that isn't the same is shown.
  const std::string differing =
      "SELECT b::text, t::text FROM by_binary b FULL JOIN by_text t USING (n)"
      " WHERE b::text IS DISTINCT FROM t::text LIMIT 3";
  EXPECT_THAT(database_.rows(differing), testing::IsEmpty());
}

}  // namespace
}  // namespace peo::target::encode
