// Words keyword=value, quoted as libpq quotes them: a value with blanks goes into single quotes, a backslash
// takes the next character as it is. The form of SOURCE and FORMAT. Pure.
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

// Gives each word to `take`, until one can't be understood: that is added to the problems.
void read_keyword_values(std::string_view text, Problems& problems,
                         const std::function<void(KeywordValue)>& take);

}  // namespace peo::config
