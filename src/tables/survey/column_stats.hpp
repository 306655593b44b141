// Statistics of one column's values, collected value by value in bounded memory.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tables/survey/row_reader.hpp"
#include "tables/survey/sketches.hpp"
#include "tables/survey/value_type.hpp"

namespace peo::survey {

// Anomalies that a person should check.
enum class Oddity : std::uint8_t {
  OuterSpaces,       // begins or ends with a space
  NullWord,          // null, N/A, none, -: perhaps meant as NULL
  ControlCharacter,  // other than tab and line breaks
  InvalidUtf8,
  Mojibake,  // UTF-8 read as Latin-1 once (Ã¤), or the replacement character
  FarDate,   // before 1901 or after 2099: possibly a placeholder for "none"
  CutAt32K,  // exactly the size to which DMS truncates large objects by default
};
constexpr std::size_t oddities = 7;
std::string_view to_string(Oddity oddity);

struct OddValues {
  std::uint64_t count = 0;
  std::string example;  // the first, at most 60 bytes
};

struct ColumnStats {
  explicit ColumnStats(std::size_t exact_limit = 65'536) : distinct(exact_limit) {}
  void add(const Value& value);

  std::uint64_t rows = 0;
  std::uint64_t nulls = 0;        // empty or NULL, not quoted
  std::uint64_t null_words = 0;   // of them: NULL
  std::uint64_t empty_texts = 0;  // quoted empty strings
  std::array<std::uint64_t, kinds> of_kind{};
  std::uint64_t values() const { return rows - nulls; }

  // Numbers and times only.
  std::optional<double> least_number, most_number;
  std::uint64_t negative = 0, zero = 0, bits = 0, leading_zeros = 0;  // bits: exactly 0 or 1
  std::uint8_t integer_digits = 0;                                    // maximum
  std::uint8_t least_fraction = 255, most_fraction = 0;
  std::uint8_t decimal_fraction = 0, float_fraction = 0;  // maximum, by kind
  std::uint64_t all_hex = 0;

  // Lengths in characters.
  std::uint64_t shortest = 0, longest = 0, characters = 0, longest_bytes = 0;

  DistinctCounter distinct;
  FrequentValues frequent;
  NumberSample numbers;  // of numbers and times: their values; else empty
  NumberSample lengths;
  std::array<OddValues, oddities> odd{};

  // Whether the column looks like one that DMS adds if its task is configured so: TimestampColumnName (always
  // microseconds) or the change sequence $AR_H_CHANGE_SEQ (35 digits). Neither is a column of the source, nor
  // part of its key.
  bool like_dms_time() const;
  bool like_dms_sequence() const;
  bool ordered_by_value() const;  // all values are numbers or times
  // As in the files, at most 60 bytes: by value if all are numbers or times, else by bytes.
  const std::string& least() const { return ordered_by_value() ? least_value_ : least_text_; }
  const std::string& most() const { return ordered_by_value() ? most_value_ : most_text_; }

 private:
  void add_text(std::string_view text, const ValueFacts& facts);
  void find_oddities(std::string_view text, const ValueFacts& facts);
  void note(Oddity oddity, std::string_view text);
  std::string least_value_, most_value_, least_text_, most_text_;
};

}  // namespace peo::survey
