// Bytes as hexadecimal digits, two each, in lower case. Pure.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace peo {

inline void append_hexadecimal(std::string_view bytes, std::string& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
}

inline std::string hexadecimal(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  append_hexadecimal(bytes, text);
  return text;
}

// For a digest.
inline std::string hexadecimal(std::span<const unsigned char> bytes) {
  return hexadecimal(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace peo
