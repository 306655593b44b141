// date, time, timestamp and timestamptz: days since 2000-01-01, microseconds since midnight or since then.
//
// Read here are YYYY-MM-DD, HH:MM:SS with a fraction, both with a space or a T between them, a zone as Z,
// +05, +0530 or +05:30 (after a space or not), and infinity. PostgreSQL reads much more: that is Unsure.
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <limits>

#include "target/copy/encode/encoder.hpp"
#include "target/copy/encode/types.hpp"

namespace peo::target::encode {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day = 86'400 * second;

struct Moment {
  std::int32_t days = 0;
  std::int64_t time = 0;  // 0…24 h, both included
  std::int32_t zone = 0;  // seconds east of Greenwich
};

// "00x00x00" → three numbers below 100.
bool read_three(const char* at, char separator, std::uint32_t& a, std::uint32_t& b, std::uint32_t& c) {
  const std::uint64_t between = 0x0000FF0000FF0000;
  const auto shape =
      (every_lane('0') & ~between) | (every_lane(static_cast<unsigned char>(separator)) & between);
  const std::uint64_t lanes = load8(at) ^ shape;
  const std::uint64_t limit = (every_lane(0x7F - 9) & ~between) | (every_lane(0x7F) & between);
  if ((((lanes + limit) | lanes) & every_lane(0x80)) != 0) return false;
  const std::uint64_t two = pairs(lanes);
  a = two & 0xFFU;
  b = (two >> 24U) & 0xFFU;
  c = (two >> 48U) & 0xFFU;
  return true;
}

// Ten characters, YYYY-MM-DD. Unsure: another form. Refused: no such day. Days come in any order, so a branch
// on one is a branch mispredicted: there is only the one for what is refused.
Outcome read_date(const char* at, std::int32_t& days) {
  std::uint32_t century = 0;
  std::uint32_t year = 0;
  std::uint32_t month = 0;
  std::uint32_t day_of_month = 0;
  if (!read_three(at + 2, '-', year, month, day_of_month) || !read_digits_8(at, 2, century)) {
    return Outcome::Unsure;
  }
  year += century * 100;
  constexpr std::array<std::uint8_t, 16> lengths{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0, 0, 0};
  constexpr std::array<std::uint16_t, 16> before{0,   0,   31,  59,  90,  120, 151, 181,
                                                 212, 243, 273, 304, 334, 0,   0,   0};
  const auto flag = [](bool condition) { return static_cast<std::uint32_t>(condition); };
  // Of the years that 4 divides, those that 25 divides too are hundreds, and 16 is left of 400.
  const std::uint32_t leap = flag(year % 4 == 0) & (flag(year % 25 != 0) | flag(year % 16 == 0));
  const std::uint32_t length = lengths[month % 16] + (leap & flag(month == 2));
  if ((flag(year == 0) | flag(month >= 16) | flag(day_of_month == 0) | flag(day_of_month > length)) != 0) {
    return Outcome::DatetimeOverflow;
  }
  constexpr std::int32_t from_year_1_to_2000 = 730'119;
  const std::uint32_t full = year - 1;
  const std::uint32_t since_year_1 = full * 365 + full / 4 - full / 100 + full / 400 + before[month % 16] +
                                     (leap & flag(month > 2)) + day_of_month - 1;
  days = static_cast<std::int32_t>(since_year_1) - from_year_1_to_2000;
  return Outcome::Encoded;
}

// The digits after the point, as PostgreSQL rounds them: the nearest double of the fraction, times a million,
// to the nearest even. With up to 15 digits a division yields that double. `at` moves past the digits.
Outcome read_fraction(const char*& at, const char* end, std::int64_t& microseconds) {
  constexpr std::array<double, 16> power{1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                         1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  constexpr std::array<std::int64_t, 7> shift{1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
  std::uint64_t digits = 0;
  auto n = static_cast<std::size_t>(end - at);
  if (n == 0 || n > 15 || !read_digits_18(at, n, digits)) {
    digits = 0;
    n = 0;
    for (; at + n != end && is_digit(at[n]); ++n) {
      if (n == 15) return Outcome::Unsure;
      digits = digits * 10 + static_cast<std::uint64_t>(at[n] - '0');
    }
    if (n == 0) return Outcome::Unsure;
  }
  at += n;
  if (n <= 6) {
    microseconds = static_cast<std::int64_t>(digits) * shift[n];
  } else {
    constexpr double to_integer = 0x1p52;  // adding it leaves no bits for a fraction
    const double exact = static_cast<double>(digits) / power[n] * 1e6;
    microseconds = static_cast<std::int64_t>((exact + to_integer) - to_integer);
  }
  return Outcome::Encoded;
}

// HH:MM:SS[.fraction]; 24:00:00 and a 60th second are times of day.
Outcome read_time(const char*& at, const char* end, std::int64_t& time) {
  std::uint32_t hour = 0;
  std::uint32_t minute = 0;
  std::uint32_t seconds = 0;
  if (end - at < 8 || !read_three(at, ':', hour, minute, seconds)) return Outcome::Unsure;
  at += 8;
  std::int64_t microseconds = 0;
  if (at != end && *at == '.') {
    ++at;
    if (const auto outcome = read_fraction(at, end, microseconds); outcome != Outcome::Encoded)
      return outcome;
  }
  time = ((std::int64_t{hour} * 60 + minute) * 60 + seconds) * second + microseconds;
  return minute > 59 || seconds > 60 || time > day ? Outcome::DatetimeOverflow : Outcome::Encoded;
}

// Nothing, Z, +05, +0530, +05:30, with or without one space in front.
bool read_zone(const char* at, const char* end, std::int32_t& zone) {
  if (at == end) return true;
  if (*at == ' ') ++at;
  const auto n = static_cast<std::size_t>(end - at);
  if (n == 1) return *at == 'Z' || *at == 'z';
  if ((n != 3 && n != 5 && n != 6) || (*at != '+' && *at != '-')) return false;
  std::uint32_t hours = 0;
  std::uint32_t minutes = 0;
  if (!read_digits_8(at + 1, 2, hours)) return false;
  if (n != 3 && !read_digits_8(end - 2, 2, minutes)) return false;
  if ((n == 6 && at[3] != ':') || hours > 15 || minutes > 59) return false;
  zone = static_cast<std::int32_t>(hours * 3600 + minutes * 60);
  if (*at == '-') zone = -zone;
  return true;
}

Outcome read_moment(std::string_view value, Moment& moment) {
  if (value.size() < 10) return value.empty() ? Outcome::InvalidDatetime : Outcome::Unsure;
  const char* at = value.data();
  const char* const end = at + value.size();
  const auto date = read_date(at, moment.days);
  at += 10;
  if (date == Outcome::Unsure || at == end) return date;
  if (*at != ' ' && *at != 'T' && *at != 't') return Outcome::Unsure;
  ++at;
  const auto time = read_time(at, end, moment.time);
  // A reason for refusing a text is certain only if the text is understood to its end.
  if (time == Outcome::Unsure || !read_zone(at, end, moment.zone)) return Outcome::Unsure;
  return date != Outcome::Encoded ? date : time;
}

template <class Int>
bool write_infinity(std::string_view value, CopyBuffer& out) {
  using Bits = std::make_unsigned_t<Int>;
  if (is_word(value, "infinity")) {
    write_fixed(out, static_cast<Bits>(std::numeric_limits<Int>::max()));
  } else if (is_word(value, "-infinity")) {
    write_fixed(out, static_cast<Bits>(std::numeric_limits<Int>::min()));
  } else {
    return false;
  }
  return true;
}

}  // namespace

Outcome encode_date(std::string_view value, CopyBuffer& out) {
  Moment moment;
  const auto outcome = read_moment(value, moment);
  if (outcome == Outcome::Encoded) {
    write_int4(out, moment.days);  // a time of day is read and dropped
  } else if (outcome == Outcome::Unsure && write_infinity<std::int32_t>(value, out)) {
    return Outcome::Encoded;
  }
  return outcome;
}

Outcome encode_time(std::string_view value, CopyBuffer& out) {
  if (value.empty()) return Outcome::InvalidDatetime;
  const char* at = value.data();
  const char* const end = at + value.size();
  std::int64_t time = 0;
  const auto outcome = read_time(at, end, time);
  if (outcome == Outcome::Unsure || at != end) return Outcome::Unsure;
  if (outcome == Outcome::Encoded) write_int8(out, time);
  return outcome;
}

Outcome encode_timestamp(std::string_view value, CopyBuffer& out) {
  Moment moment;
  const auto outcome = read_moment(value, moment);
  if (outcome == Outcome::Encoded) {
    write_int8(out, moment.days * day + moment.time - moment.zone * second);  // in UTC
  } else if (outcome == Outcome::Unsure && write_infinity<std::int64_t>(value, out)) {
    return Outcome::Encoded;
  }
  return outcome;
}

std::optional<std::string> utc_text(std::string_view value) {
  Moment moment;
  if (read_moment(value, moment) != Outcome::Encoded || moment.zone == 0) return std::nullopt;
  const auto whole = moment.days * day + moment.time - moment.zone * second;
  const auto time = (whole % day + day) % day;
  const std::chrono::sys_days from{std::chrono::year(2000) / 1 / 1};
  const std::chrono::year_month_day date(from + std::chrono::days((whole - time) / day));
  const std::chrono::hh_mm_ss clock{std::chrono::microseconds(time)};
  const auto year = static_cast<int>(date.year());
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}{}", year > 0 ? year : 1 - year,
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count(), year > 0 ? "" : " BC");
}

Outcome encode_timestamptz(std::string_view value, CopyBuffer& out) {
  Moment moment;
  const auto outcome = read_moment(value, moment);
  if (outcome == Outcome::Encoded) {
    write_int8(out, moment.days * day + moment.time - moment.zone * second);
  } else if (outcome == Outcome::Unsure && write_infinity<std::int64_t>(value, out)) {
    return Outcome::Encoded;
  }
  return outcome;
}

}  // namespace peo::target::encode
