#include "tables/survey/value_type.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace peo::survey {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool hex_digit(char c) { return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::size_t digits_from(std::string_view text, std::size_t at) {
  const auto begin = at;
  while (at < text.size() && digit(text[at])) ++at;
  return at - begin;
}

// Exactly `count` digits at `at`.
std::optional<int> digits_at(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return {};
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (!digit(text[i])) return {};
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::optional<ValueFacts> number(std::string_view text) {
  std::size_t at = text.front() == '-' || text.front() == '+' ? 1 : 0;
  const auto whole = digits_from(text, at);
  if (whole == 0) return {};
  ValueFacts facts{.kind = Kind::Integer};
  facts.leading_zero = whole > 1 && text[at] == '0';
  auto significant = text.substr(at, whole);
  significant.remove_prefix(std::min(significant.find_first_not_of('0'), significant.size()));
  facts.integer_digits = static_cast<std::uint8_t>(std::min<std::size_t>(significant.size(), 255));
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const auto fraction = digits_from(text, ++at);
    if (fraction == 0) return {};
    facts.kind = Kind::Decimal;
    facts.fraction_digits = static_cast<std::uint8_t>(std::min<std::size_t>(fraction, 255));
    at += fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    if (++at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const auto exponent = digits_from(text, at);
    if (exponent == 0) return {};
    facts.kind = Kind::Float;
    at += exponent;
  }
  if (at != text.size()) return {};
  double value = 0;
  if (text.front() == '+') text.remove_prefix(1);
  std::from_chars(text.data(), text.data() + text.size(), value);
  facts.number = value;
  return facts;
}

struct Clock {
  int seconds = 0;
  std::uint8_t fraction_digits = 0;
  double fraction = 0;
  std::size_t end = 0;
};

std::optional<Clock> clock_at(std::string_view text, std::size_t at) {
  const auto hour = digits_at(text, at, 2);
  const auto minute = digits_at(text, at + 3, 2);
  const auto second = digits_at(text, at + 6, 2);
  if (!hour || !minute || !second || text[at + 2] != ':' || text[at + 5] != ':') return {};
  if (*hour > 24 || *minute > 59 || *second > 60) return {};
  Clock clock{.seconds = (*hour * 60 + *minute) * 60 + *second, .end = at + 8};
  if (clock.end < text.size() && text[clock.end] == '.') {
    const auto fraction = digits_from(text, clock.end + 1);
    if (fraction == 0 || fraction > 9) return {};
    double scale = 1;
    for (std::size_t i = 0; i < fraction; ++i) {
      scale /= 10;
      clock.fraction += scale * (text[clock.end + 1 + i] - '0');
    }
    clock.fraction_digits = static_cast<std::uint8_t>(fraction);
    clock.end += 1 + fraction;
  }
  return clock;
}

// "Z", "+02", "+02:00", "+0200", with or without a space before it: seconds east of Greenwich.
std::optional<int> zone_of(std::string_view text) {
  if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  if (text == "Z") return 0;
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return {};
  const auto hours = digits_at(text, 1, 2);
  if (!hours) return {};
  auto rest = text.substr(3);
  if (!rest.empty() && rest.front() == ':') rest.remove_prefix(1);
  const auto minutes = rest.empty()       ? std::optional(0)
                       : rest.size() == 2 ? digits_at(rest, 0, 2)
                                          : std::nullopt;
  if (!minutes) return {};
  return (text[0] == '-' ? -1 : 1) * (*hours * 60 + *minutes) * 60;
}

std::optional<ValueFacts> date_or_time(std::string_view text) {
  if (text.size() >= 8 && text[2] == ':') {
    const auto clock = clock_at(text, 0);
    if (!clock || clock->end != text.size()) return {};
    return ValueFacts{.kind = Kind::Time, .fraction_digits = clock->fraction_digits};
  }
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return {};
  const auto year = digits_at(text, 0, 4);
  const auto month = digits_at(text, 5, 2);
  const auto day = digits_at(text, 8, 2);
  if (!year || !month || !day) return {};
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return {};
  ValueFacts facts{.kind = Kind::Date};
  facts.number = static_cast<double>(std::chrono::sys_days(date).time_since_epoch().count()) * 86400;
  if (text.size() == 10) return facts;
  if (text[10] != ' ' && text[10] != 'T') return {};
  const auto clock = clock_at(text, 11);
  if (!clock) return {};
  facts.kind = Kind::Timestamp;
  facts.fraction_digits = clock->fraction_digits;
  *facts.number += clock->seconds + clock->fraction;
  if (clock->end == text.size()) return facts;
  const auto zone = zone_of(text.substr(clock->end));
  if (!zone) return {};
  facts.kind = Kind::TimestampZone;
  *facts.number -= *zone;
  return facts;
}

bool is_uuid(std::string_view text) {
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !hex_digit(text[i])) return false;
  }
  return true;
}

bool is_hex(std::string_view text) {
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) text.remove_prefix(2);
  return text.size() >= 8 && text.size() % 2 == 0 && std::all_of(text.begin(), text.end(), hex_digit);
}

bool is_boolean(std::string_view text) {
  constexpr std::array<std::string_view, 10> words = {"true",  "false", "t", "f",    "True",
                                                      "False", "T",     "F", "TRUE", "FALSE"};
  return text.size() <= 5 && std::find(words.begin(), words.end(), text) != words.end();
}

bool is_json(std::string_view text) {
  return text.size() >= 2 && ((text.front() == '{' && text.back() == '}' &&
                               (text.size() == 2 || text.find('"') != std::string_view::npos)) ||
                              (text.front() == '[' && text.back() == ']'));
}

}  // namespace

std::string_view to_string(Kind kind) {
  constexpr std::array<std::string_view, kinds> names = {
      "integers",     "decimals", "floats",      "booleans", "dates", "timestamps", "timestamps with zone",
      "times of day", "UUIDs",    "hexadecimal", "JSON",     "text"};
  return names[static_cast<std::size_t>(kind)];
}

ValueFacts classify(std::string_view text) {
  ValueFacts plain;
  if (text.empty()) return plain;
  const char first = text.front();
  if (digit(first) || first == '-' || first == '+') {
    if (auto facts = number(text)) {
      facts->all_hex = is_hex(text);
      return *facts;
    }
    if (const auto facts = date_or_time(text)) return *facts;
  }
  plain.kind = is_uuid(text) ? Kind::Uuid : is_hex(text) ? Kind::Hex : Kind::Text;
  plain.all_hex = plain.kind == Kind::Hex;
  if (plain.kind != Kind::Text) return plain;
  if (is_boolean(text)) plain.kind = Kind::Boolean;
  if (is_json(text)) plain.kind = Kind::Json;
  return plain;
}

}  // namespace peo::survey
