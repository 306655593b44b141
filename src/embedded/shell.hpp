// Quotes words for a shell, so that a printed command can be copied.
#pragma once
#include <string>
#include <string_view>

namespace peo::embedded {

// Unchanged if it has no special characters, else in single quotes.
std::string shell_word(std::string_view text);

// A value in a libpq connection string.
std::string conninfo_value(std::string_view text);

}  // namespace peo::embedded
