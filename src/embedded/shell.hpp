// Words for a shell, so that a command that we print can be copied as it stands.
#pragma once
#include <string>
#include <string_view>

namespace peo::embedded {

// As it is when no shell would read anything into it, else in single quotes.
std::string shell_word(std::string_view text);

// A value in a libpq connection string.
std::string conninfo_value(std::string_view text);

}  // namespace peo::embedded
