#include <bit>
#include <charconv>
#include <limits>
#include <system_error>

#include "target/copy/encode/types.hpp"

namespace peo::target::encode {
namespace {

template <class Float>
struct BitsOf;
template <>
struct BitsOf<float> {
  using Type = std::uint32_t;
};
template <>
struct BitsOf<double> {
  using Type = std::uint64_t;
};

template <class Float>
Outcome write_float(Float number, CopyBuffer& out) {
  write_fixed(out, std::bit_cast<typename BitsOf<Float>::Type>(number));
  return Outcome::Encoded;
}

template <class Float>
Outcome encode_odd_float(std::string_view value, CopyBuffer& out) {
  std::string_view text = without_blanks(value);
  if (is_word(text, "nan")) return write_float(std::numeric_limits<Float>::quiet_NaN(), out);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (is_word(text, "inf") || is_word(text, "infinity")) {
    constexpr auto infinity = std::numeric_limits<Float>::infinity();
    return write_float(negative ? -infinity : infinity, out);
  }
  // The server uses C's strtod, which also parses 0x1p-3 and nan(…).
  if (text.find_first_of("xXnN") != std::string_view::npos) return Outcome::Unsure;
  return refuse(value, Outcome::InvalidText);
}

// From decimal to the type's own precision in one rounding, as strtof and strtod do.
template <class Float>
Outcome encode_float(std::string_view value, CopyBuffer& out) {
  const char* const end = value.data() + value.size();
  const char* at = value.data();
  if (at != end && *at == '+') ++at;  // from_chars knows '-' only
  const char* const number_at = at != value.data() || at == end || *at != '-' ? at : at + 1;
  if (number_at == end || (!is_digit(*number_at) && *number_at != '.')) {
    const auto text = without_blanks(value);
    return text.size() == value.size() ? encode_odd_float<Float>(value, out) : encode_float<Float>(text, out);
  }
  Float number = 0;
  const auto [stop, error] = std::from_chars(at, end, number);
  if (error == std::errc::result_out_of_range) return refuse(value, Outcome::OutOfRange);
  if (error != std::errc{} || stop != end) {
    const auto text = without_blanks(value);
    return text.size() == value.size() ? encode_odd_float<Float>(value, out) : encode_float<Float>(text, out);
  }
  return write_float(number, out);
}

}  // namespace

Outcome encode_float4(std::string_view value, CopyBuffer& out) { return encode_float<float>(value, out); }
Outcome encode_float8(std::string_view value, CopyBuffer& out) { return encode_float<double>(value, out); }

}  // namespace peo::target::encode
