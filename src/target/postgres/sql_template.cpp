#include "target/postgres/sql_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"

namespace peo::target {

std::string fill(std::string_view sql,
                 std::initializer_list<std::pair<std::string_view, std::string>> names) {
  std::string text;
  std::set<std::string_view> used;
  std::size_t at = 0;
  while (at < sql.size()) {
    const auto open = sql.find('{', at);
    const auto close = open == std::string_view::npos ? open : sql.find('}', open);
    text += sql.substr(at, open == std::string_view::npos ? open : open - at);
    if (close == std::string_view::npos) break;
    const auto name = sql.substr(open + 1, close - open - 1);
    const auto* const found =
        std::find_if(names.begin(), names.end(), [&](const auto& pair) { return pair.first == name; });
    if (found == names.end())
      throw Error::internal(fmt::format("SQL asks for {{{}}}, which isn't given", name));
    text += found->second;
    used.insert(found->first);
    at = close + 1;
  }
  if (used.size() != names.size()) throw Error::internal("SQL is given a name that it doesn't ask for");
  return text;
}

}  // namespace peo::target
