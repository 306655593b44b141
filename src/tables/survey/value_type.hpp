// Classifies a value by its text. The renderings are those of AWS DMS: integers and decimals in plain digits,
// floats with sign, fraction and exponent (+3.23800011e+01), dates and times as ISO 8601 with a space between
// them. Pure functions.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace peo::survey {

enum class Kind : std::uint8_t {
  Integer,        // -9
  Decimal,        // 24000.00
  Float,          // +3.23800011e+01
  Boolean,        // true, false, t, f
  Date,           // 1996-07-04
  Timestamp,      // 2018-08-20 16:13:17.123456
  TimestampZone,  // 2020-01-02 03:04:05 +02:00
  Time,           // 16:13:17
  Uuid,           // with dashes, with or without braces
  Hex,            // an even number of hexadecimal digits, at least 8, with or without 0x
  Json,           // looks like an object or an array
  Text
};
constexpr std::size_t kinds = 12;
std::string_view to_string(Kind kind);

struct ValueFacts {
  Kind kind = Kind::Text;
  std::optional<double> number{};    // of numbers; of times: seconds since 1970-01-01, UTC
  std::uint8_t integer_digits = 0;   // of numbers, without leading zeros
  std::uint8_t fraction_digits = 0;  // of numbers and times
  bool leading_zero = false;         // 007: more likely a code than a number
  bool all_hex = false;              // also integers of even length
};
ValueFacts classify(std::string_view text);

constexpr bool is_number(Kind kind) {
  return kind == Kind::Integer || kind == Kind::Decimal || kind == Kind::Float;
}
constexpr bool is_time(Kind kind) {
  return kind == Kind::Date || kind == Kind::Timestamp || kind == Kind::TimestampZone;
}

}  // namespace peo::survey
