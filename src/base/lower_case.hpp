// ASCII letters in lower case: names of tables, columns and settings are compared without regard to case.
// Pure.
#pragma once
#include <string>
#include <string_view>

namespace peo {

inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace peo
