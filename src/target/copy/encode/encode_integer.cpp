#include <concepts>
#include <limits>

#include "target/copy/encode/types.hpp"

namespace peo::target::encode {
namespace {

// Everything that isn't a sign and at most 18 digits, as PostgreSQL reads it: spaces around, a sign,
// digits up to the first overflow.
template <std::signed_integral Int>
Outcome encode_odd_integer(std::string_view value, CopyBuffer& out) {
  std::string_view text = without_blanks(value);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return refuse(value, Outcome::InvalidText);
  Int number = 0;  // counted downwards: the lowest value has no positive counterpart
  for (const char c : text) {
    if (!is_digit(c)) {
      // PostgreSQL 16 and newer read 0x1F, 0o17, 0b11 and 1_000.
      const bool later = text.find_first_of("xXoObB_") != std::string_view::npos;
      return later ? Outcome::Unsure : refuse(value, Outcome::InvalidText);
    }
    if (__builtin_mul_overflow(number, Int{10}, &number) ||
        __builtin_sub_overflow(number, c - '0', &number)) {
      return refuse(value, Outcome::OutOfRange);
    }
  }
  if (!negative) {
    if (number == std::numeric_limits<Int>::min()) return Outcome::OutOfRange;
    number = static_cast<Int>(-number);
  }
  write_fixed(out, static_cast<std::make_unsigned_t<Int>>(number));
  return Outcome::Encoded;
}

template <std::signed_integral Int>
Outcome encode_integer(std::string_view value, CopyBuffer& out) {
  const char* at = value.data();
  std::size_t n = value.size();
  if (n == 0) return Outcome::InvalidText;
  const bool negative = *at == '-';
  if (negative || *at == '+') {
    ++at;
    --n;
  }
  std::uint64_t magnitude = 0;
  if (n == 0 || n > 18 || !read_digits_18(at, n, magnitude)) return encode_odd_integer<Int>(value, out);
  const auto number = negative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
  if (number < std::numeric_limits<Int>::min() || number > std::numeric_limits<Int>::max()) {
    return Outcome::OutOfRange;
  }
  write_fixed(out, static_cast<std::make_unsigned_t<Int>>(number));
  return Outcome::Encoded;
}

}  // namespace

Outcome encode_int2(std::string_view value, CopyBuffer& out) {
  return encode_integer<std::int16_t>(value, out);
}
Outcome encode_int4(std::string_view value, CopyBuffer& out) {
  return encode_integer<std::int32_t>(value, out);
}
Outcome encode_int8(std::string_view value, CopyBuffer& out) {
  return encode_integer<std::int64_t>(value, out);
}

}  // namespace peo::target::encode
