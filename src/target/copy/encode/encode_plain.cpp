// bool, uuid, bytea, and the types whose binary form is their text.
#include <array>

#include "target/copy/encode/types.hpp"

namespace peo::target::encode {
namespace {

// Eight hexadecimal digits → four bytes. False if one isn't.
bool read_hex_8(std::uint64_t text, std::uint32_t& bytes) {
  const std::uint64_t high = every_lane(0x80);
  const std::uint64_t digit = text ^ every_lane('0');                         // 0…9
  const std::uint64_t letter = (text | every_lane(0x20)) ^ every_lane(0x60);  // 1…6
  const std::uint64_t is_digit_lane = ~(digit + every_lane(0x7F - 9)) & high;
  const std::uint64_t is_letter_lane = (letter + every_lane(0x7F)) & ~(letter + every_lane(0x7F - 6)) & high;
  if ((text & high) != 0 || (is_digit_lane | is_letter_lane) != high) return false;
  const std::uint64_t nibbles = (text & every_lane(0x0F)) + ((text >> 6U) & every_lane(1)) * 9;
  std::uint64_t packed = ((nibbles << 4U) | (nibbles >> 8U)) & 0x00FF00FF00FF00FF;
  packed = (packed | (packed >> 8U)) & 0x0000FFFF0000FFFF;
  bytes = static_cast<std::uint32_t>(packed | (packed >> 16U));
  return true;
}

int nibble(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::uint64_t two_fours(const char* low, const char* high) {
  return load4(low) | std::uint64_t{load4(high)} << 32U;
}

// 32 hexadecimal digits, a hyphen allowed after each fourth, all of it perhaps in braces.
Outcome encode_odd_uuid(std::string_view value, CopyBuffer& out) {
  std::string_view text = value;
  if (text.starts_with('{')) {
    if (!text.ends_with('}') || text.size() < 2) return refuse(value, Outcome::InvalidText);
    text = text.substr(1, text.size() - 2);
  }
  std::array<char, 16> bytes{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (text.size() - at < 2) return refuse(value, Outcome::InvalidText);
    const int high = nibble(text[at]);
    const int low = nibble(text[at + 1]);
    if (high < 0 || low < 0) return refuse(value, Outcome::InvalidText);
    bytes[i] = static_cast<char>(high * 16 + low);
    at += 2;
    if (i % 2 == 1 && i + 1 < bytes.size() && at < text.size() && text[at] == '-') ++at;
  }
  if (at != text.size()) return refuse(value, Outcome::InvalidText);
  write_text(out, {bytes.data(), bytes.size()});
  return Outcome::Encoded;
}

}  // namespace

Outcome encode_bool(std::string_view value, CopyBuffer& out) {
  const auto write = [&out](bool truth) {
    write_fixed(out, static_cast<std::uint8_t>(truth));
    return Outcome::Encoded;
  };
  if (value == "1") return write(true);
  if (value == "0") return write(false);
  const std::string_view text = without_blanks(value);
  const auto begins = [&text](std::string_view word, std::size_t least) {
    return text.size() >= least && text.size() <= word.size() && is_word(text, word.substr(0, text.size()));
  };
  if (text == "1.0") return write(true);  // a number, as some sources have it
  if (text == "0.0") return write(false);
  if (begins("true", 1) || begins("yes", 1) || begins("on", 2) || text == "1") return write(true);
  if (begins("false", 1) || begins("no", 1) || begins("off", 2) || text == "0") return write(false);
  return refuse(value, Outcome::InvalidText);
}

Outcome encode_uuid(std::string_view value, CopyBuffer& out) {
  std::string_view text = value;
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  const char* at = text.data();
  if (text.size() != 36 || at[8] != '-' || at[13] != '-' || at[18] != '-' || at[23] != '-') {
    return encode_odd_uuid(value, out);
  }
  std::array<std::uint32_t, 4> bytes{};
  if (!read_hex_8(load8(at), bytes[0]) || !read_hex_8(two_fours(at + 9, at + 14), bytes[1]) ||
      !read_hex_8(two_fours(at + 19, at + 24), bytes[2]) || !read_hex_8(load8(at + 28), bytes[3])) {
    return refuse(value, Outcome::InvalidText);
  }
  char* to = store_big(out.reserve(sizeof(std::uint32_t) + sizeof bytes), std::uint32_t{sizeof bytes});
  std::memcpy(to, bytes.data(), sizeof bytes);
  out.commit(to + sizeof bytes);
  return Outcome::Encoded;
}

Outcome encode_bytea(std::string_view value, CopyBuffer& out) {
  std::string_view text = value;
  if (text.starts_with("0x") || text.starts_with("\\x")) text.remove_prefix(2);
  char* to = out.reserve(sizeof(std::uint32_t) + text.size() / 2 + 8);
  to = store_big(to, static_cast<std::uint32_t>(text.size() / 2));
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::uint32_t bytes = 0; end - at >= 8 && read_hex_8(load8(at), bytes); at += 8) {
    std::memcpy(to, &bytes, sizeof bytes);
    to += sizeof bytes;
  }
  for (; end - at >= 2 && nibble(at[0]) >= 0 && nibble(at[1]) >= 0; at += 2) {
    *to++ = static_cast<char>(nibble(at[0]) * 16 + nibble(at[1]));
  }
  if (at != end) {
    // The text format allows white space between the bytes; what 0X means is left to it, too.
    const bool unclear = text.find_first_of(" \t\r\n\v\fxX") != std::string_view::npos;
    return unclear ? Outcome::Unsure : refuse(value, Outcome::InvalidHex);
  }
  out.commit(to);
  return Outcome::Encoded;
}

Outcome encode_text(std::string_view value, CopyBuffer& out) {
  write_text(out, value);
  return Outcome::Encoded;
}

Outcome encode_jsonb(std::string_view value, CopyBuffer& out) {
  char* at = out.reserve(sizeof(std::uint32_t) + 1 + value.size());
  at = store_big(at, static_cast<std::uint32_t>(value.size() + 1));
  *at++ = 1;  // the only version there is
  out.commit(store_bytes(at, value));
  return Outcome::Encoded;
}

}  // namespace peo::target::encode
