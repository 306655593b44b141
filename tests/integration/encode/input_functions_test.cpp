// Every encoder against the server's own input function: what is Encoded is what the server makes of the
// text, what is refused is refused by the server, with the same SQLSTATE.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "integration/encode/copy.hpp"
#include "integration/encode/edge_values.hpp"
#include "integration/encode/sample_values.hpp"
#include "support/database.hpp"
#include "support/postgres_server.hpp"
#include "target/copy/encode/encoder.hpp"

namespace peo::target::encode {
namespace {

struct Tally {
  std::size_t encoded = 0;
  std::size_t refused = 0;
  std::size_t unsure = 0;
};

struct TypeCase {
  std::string name;
  std::string send;   // the function that gives the binary form
  std::string input;  // an expression of `value`
};

const std::vector<TypeCase>& types() {
  static const std::vector<TypeCase> all{
      {"int2", "int2send", "value::int2"},
      {"int4", "int4send", "value::int4"},
      {"int8", "int8send", "value::int8"},
      {"numeric", "numeric_send", "value::numeric"},
      {"float4", "float4send", "value::float4"},
      {"float8", "float8send", "value::float8"},
      // Where the encoders differ from the server on purpose, it is asked in its own words.
      {"bool", "boolsend",
       "(CASE btrim(value, E' \\t\\n\\r\\v\\f') WHEN '1.0' THEN '1' WHEN '0.0' THEN '0' ELSE value "
       "END)::bool"},
      {"date", "date_send", "value::date"},
      {"time", "time_send", "value::time"},
      {"timestamp", "timestamp_send", "value::timestamptz AT TIME ZONE 'UTC'"},
      {"timestamptz", "timestamptz_send", "value::timestamptz"},
      {"uuid", "uuid_send", "value::uuid"},
      // As the text format is given it.
      {"bytea", "byteasend", R"(('\x' || regexp_replace(value, '^(0x|\\x)', ''))::bytea)"}};
  return all;
}

class InputFunctions : public testing::Test {
 protected:
  InputFunctions() {
    database_.execute(
        "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; CREATE TABLE candidates (n int4, value text)");
  }

  // What the server makes of each: "accepted hex" or "refused SQLSTATE".
  std::vector<std::string> opinions(const TypeCase& type, const std::vector<std::string>& values) {
    CopyBuffer rows;
    write_header(rows);
    for (std::size_t i = 0; i < values.size(); ++i) {
      begin_row(rows, 2);
      write_int4(rows, static_cast<std::int32_t>(i));
      write_text(rows, values[i]);
    }
    write_trailer(rows);
    database_.execute(
        fmt::format("TRUNCATE candidates;"
                    "CREATE OR REPLACE FUNCTION opinion(value text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN"
                    "  RETURN 'accepted ' || encode({}({}), 'hex');"
                    "EXCEPTION WHEN OTHERS THEN RETURN 'refused ' || SQLSTATE; END $$;",
                    type.send, type.input));
    const auto state = test::copy_in(database_, "COPY candidates FROM STDIN (FORMAT binary)", rows.bytes());
    if (!state.empty()) throw std::runtime_error("the candidates themselves are refused: " + state);
    std::vector<std::string> all;
    for (const auto& row : database_.rows("SELECT opinion(value) FROM candidates ORDER BY n")) {
      all.push_back(row.at(0).value());
    }
    return all;
  }

  Tally compare(const TypeCase& type, const std::vector<std::string>& values) {
    const auto server = opinions(type, values);
    const auto encoder = encoder_for({type.name, 'b'}).value();
    Tally tally;
    CopyBuffer out(1);
    for (std::size_t i = 0; i < values.size(); ++i) {
      out.clear();
      const auto outcome = encoder.encode(values[i], out);
      if (outcome == Outcome::Encoded) {
        ++tally.encoded;
        EXPECT_EQ(accepted(out.bytes()), server.at(i)) << '"' << values[i] << '"';
      } else if (refused(outcome)) {
        ++tally.refused;
        EXPECT_EQ(fmt::format("refused {}", sqlstate(outcome)), server.at(i)) << '"' << values[i] << '"';
      } else {
        ++tally.unsure;
      }
    }
    return tally;
  }

  // The field without its length, which must be right.
  static std::string accepted(std::string_view field) {
    CopyBuffer length;
    write_text(length, field.substr(4));
    EXPECT_EQ(length.bytes(), field);
    std::string text = "accepted ";
    for (const char c : field.substr(4)) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return text;
  }

  test::TestDatabase scratch_;
  test::Database database_{scratch_.conninfo()};
};

TEST_F(InputFunctions, ReadWhatDmsWritesAsTheEncodersDo) {
  test::SampleValues random(1);
  for (const auto& type : types()) {
    SCOPED_TRACE(type.name);
    std::vector<std::string> values(5000);
    std::ranges::generate(values, [&] { return random.common(type.name); });
    EXPECT_EQ(compare(type, values).encoded, values.size());
  }
}

TEST_F(InputFunctions, ReadEdgesAsTheEncodersDo) {
  for (const auto& type : types()) {
    SCOPED_TRACE(type.name);
    const auto tally = compare(type, test::edge_values(type.name));
    EXPECT_GT(tally.encoded, 2U);
    EXPECT_GT(tally.refused, 2U);
  }
}

TEST_F(InputFunctions, ReadDamagedValuesAsTheEncodersDo) {
  test::SampleValues random(2);
  for (const auto& type : types()) {
    SCOPED_TRACE(type.name);
    auto edges = test::edge_values(type.name);
    std::erase_if(edges, [](const std::string& edge) {  // half a character can't even be sent
      return std::ranges::any_of(edge, [](char c) { return static_cast<unsigned char>(c) > 0x7F; });
    });
    std::vector<std::string> values(20000);
    std::ranges::generate(values, [&] {
      const bool from_edge = random.below(4) == 0;
      const auto whole = from_edge ? edges[random.below(edges.size())] : random.common(type.name);
      return random.damaged(whole.substr(0, 200));
    });
    const auto tally = compare(type, values);
    EXPECT_GT(tally.encoded, 500U);
    EXPECT_GT(tally.refused, 20U);
  }
}

}  // namespace
}  // namespace peo::target::encode
