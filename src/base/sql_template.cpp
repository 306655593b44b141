#include "base/sql_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"

namespace peo {

std::string fill(std::string_view sql,
                 std::initializer_list<std::pair<std::string_view, std::string>> names) {
  const auto is_name = [](std::string_view name) {
    return !name.empty() &&
           std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  };
  std::string text;
  std::set<std::string_view> used;
  std::size_t at = 0;
  while (at < sql.size()) {
    const auto open = std::min(sql.find('{', at), sql.size());
    text += sql.substr(at, open - at);
    const auto close = std::min(sql.find('}', open), sql.size());
    const auto name = sql.substr(std::min(open + 1, sql.size()), close - std::min(open + 1, close));
    at = open + 1;
    if (open == sql.size()) break;
    if (!is_name(name)) {  // a brace of the SQL's own
      text += '{';
      continue;
    }
    const auto* const found =
        std::find_if(names.begin(), names.end(), [&](const auto& pair) { return pair.first == name; });
    if (found == names.end())
      throw Error::internal(fmt::format("the SQL template has {{{}}}, but no value for it was passed", name));
    text += found->second;
    used.insert(found->first);
    at = close + 1;
  }
  // An unused name is a typo in one of the two.
  if (used.size() != names.size()) throw Error::internal("a name that was passed is not in the SQL template");
  return text;
}

}  // namespace peo
