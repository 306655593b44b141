#include "tables/infer/sql_names.hpp"

#include <algorithm>
#include <string_view>

#include "base/identifiers.hpp"

namespace peo::infer {

std::string snake_case(const std::string& name) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string snake;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (static_cast<unsigned char>(c) < 0x80 && !is_upper(c) && !is_lower(c) && !is_digit(c)) {
      if (!snake.empty() && snake.back() != '_') snake += '_';
      continue;
    }
    const char before = i == 0 ? '_' : name[i - 1];
    const bool last_of_word = is_upper(before) && i + 1 < name.size() && is_lower(name[i + 1]);
    if (is_upper(c) && (is_lower(before) || is_digit(before) || last_of_word)) snake += '_';
    snake += lower_case(c);
  }
  while (snake.ends_with('_')) snake.pop_back();
  return snake.empty() ? "unnamed" : snake;
}

std::string sql_name(const std::string& name) {
  // Those that may be functions or types are reserved for names, too (the manual's appendix "SQL Key Words").
  constexpr std::string_view reserved =
      " all analyse analyze and any array as asc asymmetric authorization binary both case cast check "
      "collate collation column concurrently constraint create cross current_catalog current_date "
      "current_role current_schema current_time current_timestamp current_user default deferrable "
      "desc distinct do else end except false fetch for foreign freeze from full grant group having "
      "ilike in initially inner intersect into is isnull join lateral leading left like limit "
      "localtime localtimestamp natural not notnull null offset on only or order outer overlaps "
      "placing primary references returning right select session_user similar some symmetric "
      "system_user table tablesample then to trailing true union unique user using variadic verbose "
      "when where window ";
  auto lower = lower_case(name);
  const bool plain =
      !lower.empty() && (lower.front() == '_' || (lower.front() >= 'a' && lower.front() <= 'z')) &&
      std::all_of(lower.begin(), lower.end(),
                  [](char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
  if (plain && reserved.find(" " + lower + " ") == std::string_view::npos) return lower;
  std::string quoted = "\"";
  for (const char c : lower) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace peo::infer
