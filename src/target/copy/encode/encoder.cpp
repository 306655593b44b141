#include "target/copy/encode/encoder.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/identifiers.hpp"
#include "target/copy/encode/types.hpp"

namespace peo::target::encode {

std::optional<ColumnEncoder> encoder_for(const ColumnType& type) {
  // A label travels as text; the server knows the labels.
  if (type.kind == 'e') return ColumnEncoder(encode_text);
  // Composite, range and other kinds have no encoder.
  if (type.kind != 'b') return std::nullopt;
  constexpr std::array<std::pair<std::string_view, ColumnEncoder::Function>, 18> known{{
      {"int2", encode_int2},
      {"int4", encode_int4},
      {"int8", encode_int8},
      {"numeric", encode_numeric},
      {"float4", encode_float4},
      {"float8", encode_float8},
      {"bool", encode_bool},
      {"text", encode_text},
      {"varchar", encode_text},
      {"bpchar", encode_text},
      {"date", encode_date},
      {"time", encode_time},
      {"timestamp", encode_timestamp},
      {"timestamptz", encode_timestamptz},
      {"uuid", encode_uuid},
      {"bytea", encode_bytea},
      {"json", encode_text},
      {"jsonb", encode_jsonb},
  }};
  const auto* found = std::ranges::find(known, std::string_view(type.base_type),
                                        &std::pair<std::string_view, ColumnEncoder::Function>::first);
  if (found == known.end()) return std::nullopt;
  return ColumnEncoder(found->second);
}

std::string_view sqlstate(Outcome outcome) {
  switch (outcome) {
    case Outcome::Encoded:
    case Outcome::Unsure:
      return {};
    case Outcome::InvalidText:
      return "22P02";
    case Outcome::OutOfRange:
      return "22003";
    case Outcome::InvalidDatetime:
      return "22007";
    case Outcome::DatetimeOverflow:
      return "22008";
    case Outcome::InvalidBytes:
      return "22021";
    case Outcome::InvalidHex:
      return "22023";
  }
  return {};
}

std::string_view without_blanks(std::string_view value) {
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  return value;
}

bool is_word(std::string_view value, std::string_view word) {
  return std::ranges::equal(value, word, {}, [](char c) { return lower_case(c); });
}

Outcome refuse(std::string_view value, Outcome reason) {
  bool beyond_ascii = false;
  for (const char c : value) {
    if (c == '\0') return Outcome::InvalidBytes;
    beyond_ascii |= static_cast<unsigned char>(c) > 0x7F;
  }
  return beyond_ascii ? Outcome::Unsure : reason;
}

}  // namespace peo::target::encode
