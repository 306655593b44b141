// Comparison of table and column names: ignoring case (ASCII), and truncated as PostgreSQL truncates them.
// Pure functions.
#pragma once
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace peo {

constexpr char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = lower_case(c);
  return lower;
}

inline bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return lower_case(c); };
  return std::ranges::equal(a, b, {}, lower, lower);
}

// PostgreSQL truncates names to 63 bytes without splitting a character; those of SQL Server have up to 128
// characters.
inline std::string_view truncated_identifier(std::string_view name) {
  std::size_t most = 63;
  if (name.size() <= most) return name;
  while (most > 0 && (static_cast<unsigned char>(name[most]) & 0xC0U) == 0x80U) --most;
  return name.substr(0, most);
}

// Names with equal results belong to the same table or column.
inline std::string folded_identifier(std::string_view name) { return lower_case(truncated_identifier(name)); }

}  // namespace peo
