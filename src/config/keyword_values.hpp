// Parses keyword=value pairs in libpq's syntax: single quotes around a value with spaces, a backslash before
// a literal character. The format of SOURCE and FORMAT. Pure.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "config/problems.hpp"

namespace peo::config {

struct KeywordValue {
  std::string key, value;
  bool quoted = false;
  int number = 0;  // 1, 2, …: for messages that must not show the word
};

// Passes each pair to `take`. Stops at a syntax error, which it adds to the problems.
void read_keyword_values(std::string_view text, Problems& problems,
                         const std::function<void(KeywordValue)>& take);

}  // namespace peo::config
