// Comparison of table and column names: ignoring case (ASCII), and truncated as PostgreSQL truncates them.
// Pure functions.
#pragma once
#include <algorithm>
#include <array>
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

// The names of the columns that each table of PostgreSQL has (the manual's chapter "System Columns"): no
// other column can have them.
inline bool is_system_column(std::string_view name) {
  constexpr std::array<std::string_view, 6> names{"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"};
  return std::ranges::find(names, name) != names.end();
}
// The loader's own columns in the tables of entities.
inline bool is_loader_column(std::string_view name) { return name == "event_id" || name == "delivery_id"; }

}  // namespace peo
