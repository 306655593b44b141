// numeric: digits of base 10000, aligned at the decimal point. Four characters are one digit, so the number
// needs no arithmetic at all: the text is cut into fours from its point to both sides.
#include <algorithm>
#include <array>
#include <charconv>

#include "target/copy/encode/types.hpp"

namespace peo::target::encode {
namespace {

// The receive function takes 3000 digits, the input function many more.
constexpr std::size_t longest_text = 8000;

enum class Sign : std::uint16_t { Positive = 0, Negative = 0x4000, NaN = 0xC000 };

// Number of digits, weight of the first, sign, digits after the point.
constexpr std::size_t header_size = 4 * sizeof(std::uint16_t);
char* store_header(char* at, std::size_t digits, int weight, Sign sign, std::size_t scale) {
  at = store_big(at, static_cast<std::uint32_t>(header_size + digits * sizeof(std::uint16_t)));
  const std::uint64_t header = std::uint64_t{digits} << 48U |
                               std::uint64_t{static_cast<std::uint16_t>(weight)} << 32U |
                               std::uint64_t{static_cast<std::uint16_t>(sign)} << 16U | scale;
  return store_big(at, header);
}

Outcome write_nan(CopyBuffer& out) {
  char* at = out.reserve(sizeof(std::uint32_t) + header_size);
  out.commit(store_header(at, 0, 0, Sign::NaN, 0));
  return Outcome::Encoded;
}

// Where the point is, or n.
std::size_t point_in(const char* at, std::size_t n) {
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const std::uint64_t word = load8(at + i) ^ every_lane('.');
    const std::uint64_t zero = (word - every_lane(1)) & ~word & every_lane(0x80);
    if (zero != 0) return i + static_cast<std::size_t>(std::countr_zero(zero)) / 8;
  }
  while (i < n && at[i] != '.') ++i;
  return i;
}

// Collects output digits. Leading zeros are dropped, and `finish` removes trailing ones.
struct Digits {
  char* begin = nullptr;
  char* at = nullptr;
  int weight = 0;  // of the first digit
  std::uint32_t wrong = 0;

  void add(std::uint32_t digit) {
    store_big(at, static_cast<std::uint16_t>(digit));
    const bool leading = at == begin && digit == 0;
    at += leading ? 0 : sizeof(std::uint16_t);
    weight -= static_cast<int>(leading);
  }
  void add_4(const char* from) {
    const std::uint32_t lanes = load4(from) ^ 0x30303030U;
    wrong |= not_digits(lanes);
    const std::uint32_t two = lanes * 10 + (lanes >> 8U);
    add((two & 0xFFU) * 100 + ((two >> 16U) & 0xFFU));
  }
  // 1…3 characters, padded to 4 with leading or trailing zeros.
  void add_few(const char* from, std::size_t n, bool zeros_behind) {
    std::uint32_t digit = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto one = static_cast<std::uint32_t>(static_cast<unsigned char>(from[i])) - '0';
      wrong |= static_cast<std::uint32_t>(one > 9);
      digit = digit * 10 + one;
    }
    constexpr std::array<std::uint32_t, 4> shift{1, 1000, 100, 10};
    add(zeros_behind ? digit * shift[n] : digit);
  }
  std::size_t finish() {
    while (at != begin && at[-1] == 0 && at[-2] == 0) at -= sizeof(std::uint16_t);
    return static_cast<std::size_t>(at - begin) / sizeof(std::uint16_t);
  }
};

// At most eight digits before the point and eight after it: four digits of base 10000 in one word, whose
// leading and trailing zeros are counted by bit operations.
bool write_short(const char* whole_at, std::size_t whole, const char* fraction_at, std::size_t scale,
                 Sign sign, CopyBuffer& out) {
  constexpr std::array<std::uint32_t, 9> shift{100'000'000, 10'000'000, 1'000'000, 100'000, 10'000,
                                               1'000,       100,        10,        1};
  std::uint32_t left = 0;
  std::uint32_t right = 0;
  if (!read_digits_8(whole_at, whole, left) || !read_digits_8(fraction_at, scale, right)) return false;
  right *= shift[scale];
  const std::uint64_t word = std::uint64_t{left / 10'000} << 48U | std::uint64_t{left % 10'000} << 32U |
                             std::uint64_t{right / 10'000} << 16U | right % 10'000;
  char* at = out.reserve(sizeof(std::uint32_t) + header_size + sizeof word);
  if (word == 0) {
    out.commit(store_header(at, 0, 0, Sign::Positive, scale));
    return true;
  }
  const auto leading = static_cast<std::size_t>(std::countl_zero(word)) / 16;
  const auto trailing = static_cast<std::size_t>(std::countr_zero(word)) / 16;
  const std::size_t count = 4 - leading - trailing;
  at = store_header(at, count, 1 - static_cast<int>(leading), sign, scale);
  store_big(at, word << (16 * leading));
  out.commit(at + count * sizeof(std::uint16_t));
  return true;
}

// A sign, digits and at most one point. False if it isn't that; nothing is written then.
bool write_plain(const char* at, std::size_t n, CopyBuffer& out) {
  const bool negative = n != 0 && *at == '-';
  if (negative || (n != 0 && *at == '+')) {
    ++at;
    --n;
  }
  std::size_t whole = point_in(at, n);
  const std::size_t scale = whole == n ? 0 : n - whole - 1;
  if (whole + scale == 0) return false;
  const char* fraction = at + n - scale;
  const Sign sign = negative ? Sign::Negative : Sign::Positive;
  if (whole <= 8 && scale <= 8) return write_short(at, whole, fraction, scale, sign, out);
  for (; whole != 0 && *at == '0'; --whole) ++at;

  char* const begin = out.reserve(sizeof(std::uint32_t) + header_size + n + 8);
  char* const first = begin + sizeof(std::uint32_t) + header_size;
  Digits digits{.begin = first, .at = first, .weight = static_cast<int>((whole + 3) / 4) - 1};
  if (whole % 4 != 0) digits.add_few(at, whole % 4, false);
  at += whole % 4;
  for (std::size_t i = 0; i < whole / 4; ++i) digits.add_4(at + 4 * i);
  for (std::size_t i = 0; i < scale / 4; ++i) digits.add_4(fraction + 4 * i);
  fraction += scale / 4 * 4;
  if (scale % 4 != 0) digits.add_few(fraction, scale % 4, true);
  if (digits.wrong != 0) return false;

  const std::size_t count = digits.finish();
  if (count == 0) {
    store_header(begin, 0, 0, Sign::Positive, scale);
  } else {
    store_header(begin, count, digits.weight, sign, scale);
  }
  out.commit(digits.at);
  return true;
}

// digits[.digits]e±digits of a moderate size: the same number with its point moved.
Outcome encode_exponent(std::string_view value, std::size_t e, CopyBuffer& out) {
  std::string_view power = value.substr(e + 1);
  if (power.starts_with('+')) power.remove_prefix(1);
  int exponent = 0;
  const auto [stop, error] = std::from_chars(power.data(), power.data() + power.size(), exponent);
  if (error != std::errc{} || stop != power.data() + power.size() || power.empty()) return Outcome::Unsure;
  if (value.substr(e + 1).starts_with("+-")) return Outcome::Unsure;

  std::string_view number = value.substr(0, e);
  std::array<char, 1024> text;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled as far as it is read
  char* at = text.data();
  if (number.starts_with('-') || number.starts_with('+')) {
    *at++ = number.front();
    number.remove_prefix(1);
  }
  const std::size_t point = std::min(number.find('.'), number.size());
  const std::size_t digit_count = number.size() - (point != number.size() ? 1 : 0);
  for (std::size_t i = 0; i < number.size(); ++i) {
    if (i != point && !is_digit(number[i])) return Outcome::Unsure;
  }
  if (digit_count == 0 || digit_count > 100 || exponent > 400 || exponent < -400) return Outcome::Unsure;
  const int moved = static_cast<int>(point) + exponent;  // digits before the point
  if (moved <= 0) {
    *at++ = '0';
    *at++ = '.';
    at = std::fill_n(at, -moved, '0');
  }
  int written = 0;
  for (const char c : number) {
    if (c == '.') continue;
    if (written == moved && moved > 0) *at++ = '.';
    *at++ = c;
    ++written;
  }
  if (moved > written) at = std::fill_n(at, moved - written, '0');
  write_plain(text.data(), static_cast<std::size_t>(at - text.data()), out);
  return Outcome::Encoded;
}

Outcome encode_odd_numeric(std::string_view value, CopyBuffer& out) {
  const std::string_view text = without_blanks(value);
  if (text.size() != value.size() && write_plain(text.data(), text.size(), out)) return Outcome::Encoded;
  if (is_word(text, "nan")) return write_nan(out);
  std::string_view word = text;
  if (word.starts_with('-') || word.starts_with('+')) word.remove_prefix(1);
  // PostgreSQL 13 has no infinite numeric.
  if (is_word(word, "inf") || is_word(word, "infinity")) return Outcome::Unsure;
  const std::size_t e = text.find_first_of("eE");
  if (e != std::string_view::npos) return encode_exponent(text, e, out);
  // PostgreSQL 16 and newer read 0x1F, 0o17, 0b11 and 1_000.
  if (text.find_first_of("xXoObB_") != std::string_view::npos) return Outcome::Unsure;
  return refuse(value, Outcome::InvalidText);
}

}  // namespace

Outcome encode_numeric(std::string_view value, CopyBuffer& out) {
  if (value.size() > longest_text) return Outcome::Unsure;
  if (write_plain(value.data(), value.size(), out)) return Outcome::Encoded;
  return encode_odd_numeric(value, out);
}

}  // namespace peo::target::encode
