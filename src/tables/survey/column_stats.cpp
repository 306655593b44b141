#include "tables/survey/column_stats.hpp"

#include <algorithm>

namespace peo::survey {
namespace {

constexpr std::size_t shown = 60;

// At most `shown` bytes, not cut inside a character.
std::string cut(std::string_view text) {
  if (text.size() <= shown) return std::string(text);
  auto size = shown;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return std::string(text.substr(0, size)) + "…";
}

bool continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

bool ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// By the table of well-formed byte sequences in the Unicode standard (3.9), with the ranges of the second
// byte.
bool valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
    if (size == 0 || i + size > text.size()) return false;
    for (std::size_t k = 1; k < size; ++k) {
      if (!continuation(text[i + k])) return false;
    }
    if (size > 2) {
      const auto second = static_cast<unsigned char>(text[i + 1]);
      if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) ||
          (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90)) {
        return false;
      }
    }
    i += size;
  }
  return true;
}

bool mojibake(std::string_view text) {
  for (const std::string_view sign :
       {"\xC3\x83\xC2", "\xC3\x82\xC2", "\xC3\xA2\xE2\x82\xAC", "\xEF\xBF\xBD"}) {
    if (text.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

bool null_word(std::string_view text) {
  constexpr std::array<std::string_view, 12> words = {"null", "Null", "(null)", "NaN",  "nan", "N/A",
                                                      "n/a",  "NA",   "None",   "none", "\\N", "-"};
  return text.size() <= 6 && std::find(words.begin(), words.end(), text) != words.end();
}

}  // namespace

std::string_view to_string(Oddity oddity) {
  constexpr std::array<std::string_view, oddities> names = {
      "with leading or trailing spaces",
      "with a word for NULL (null, N/A, none, -)",
      "with a control character",
      "with invalid UTF-8",
      "with text that seems wrongly decoded",
      "before 1901 or after 2099",
      "of exactly 32 KiB, where DMS truncates large objects"};
  return names[static_cast<std::size_t>(oddity)];
}

bool ColumnStats::like_dms_time() const {
  return values() > 0 && nulls == 0 && least_fraction == 6 &&
         of_kind[static_cast<std::size_t>(Kind::Timestamp)] == values();
}

bool ColumnStats::like_dms_sequence() const {
  constexpr std::uint64_t digits = 35;
  return values() > 0 && shortest == digits && longest == digits &&
         of_kind[static_cast<std::size_t>(Kind::Integer)] == values();
}

bool ColumnStats::ordered_by_value() const {
  return numbers.seen() != 0 && numbers.seen() == values() - empty_texts;
}

void ColumnStats::add(const Value& value) {
  ++rows;
  if (value.null) {
    ++nulls;
    null_words += value.text.empty() ? 0U : 1U;
    return;
  }
  if (value.text.empty()) ++empty_texts;
  const auto facts = classify(value.text);
  ++of_kind[static_cast<std::size_t>(facts.kind)];
  distinct.add(hash_of(value.text));
  frequent.add(value.text);
  if (facts.number) {
    numbers.add(*facts.number);
    if (!least_number || *facts.number < *least_number) {
      least_number = facts.number;
      least_value_ = cut(value.text);
    }
    if (!most_number || *facts.number > *most_number) {
      most_number = facts.number;
      most_value_ = cut(value.text);
    }
  }
  if (is_number(facts.kind)) {
    negative += *facts.number < 0 ? 1U : 0U;
    zero += *facts.number == 0 ? 1U : 0U;
    bits += value.text == "0" || value.text == "1" ? 1U : 0U;
    leading_zeros += facts.leading_zero ? 1U : 0U;
    integer_digits = std::max(integer_digits, facts.integer_digits);
    auto& fraction = facts.kind == Kind::Float ? float_fraction : decimal_fraction;
    fraction = std::max(fraction, facts.fraction_digits);
  }
  if (is_number(facts.kind) || facts.number || facts.kind == Kind::Time) {
    least_fraction = std::min(least_fraction, facts.fraction_digits);
    most_fraction = std::max(most_fraction, facts.fraction_digits);
  }
  all_hex += facts.all_hex ? 1U : 0U;
  add_text(value.text, facts);
}

void ColumnStats::add_text(std::string_view text, const ValueFacts& facts) {
  const bool plain = ascii(text);
  const auto length = plain ? text.size()
                            : static_cast<std::size_t>(std::count_if(
                                  text.begin(), text.end(), [](char c) { return !continuation(c); }));
  const bool first = lengths.seen() == 0;
  shortest = first ? length : std::min<std::uint64_t>(shortest, length);
  longest = std::max<std::uint64_t>(longest, length);
  longest_bytes = std::max<std::uint64_t>(longest_bytes, text.size());
  characters += length;
  lengths.add(static_cast<double>(length));
  if (first || text < least_text_) least_text_ = cut(text);
  if (first || text > most_text_) most_text_ = cut(text);
  find_oddities(text, facts);
  if (!plain && !valid_utf8(text)) note(Oddity::InvalidUtf8, text);
  if (!plain && mojibake(text)) note(Oddity::Mojibake, text);
}

void ColumnStats::find_oddities(std::string_view text, const ValueFacts& facts) {
  if (is_time(facts.kind)) {
    constexpr double year_1901 = -2177452800.0;
    constexpr double year_2100 = 4102444800.0;
    if (*facts.number < year_1901 || *facts.number >= year_2100) note(Oddity::FarDate, text);
    return;
  }
  if (facts.kind != Kind::Text || text.empty()) return;
  if (text.front() == ' ' || text.back() == ' ') note(Oddity::OuterSpaces, text);
  if (null_word(text)) note(Oddity::NullWord, text);
  if (text.size() == std::size_t{32} * 1024) note(Oddity::CutAt32K, text);
  if (std::any_of(text.begin(), text.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return (u < 0x20 && c != '\t' && c != '\n' && c != '\r') || u == 0x7F;
      })) {
    note(Oddity::ControlCharacter, text);
  }
}

void ColumnStats::note(Oddity oddity, std::string_view text) {
  auto& values_so_far = odd[static_cast<std::size_t>(oddity)];
  if (values_so_far.count++ == 0) values_so_far.example = cut(text);
}

}  // namespace peo::survey
