// Names of tables and columns are compared without regard to case, as the loader compares them. Pure
// functions.
#pragma once
#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace peo::survey {

inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

inline bool same_name(std::string_view a, std::string_view b) { return lower_case(a) == lower_case(b); }

}  // namespace peo::survey
