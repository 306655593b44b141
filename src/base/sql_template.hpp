// SQL files with {names} in them, for what a parameter can't carry: identifiers and lists of them. Braces
// around anything but lower-case letters and _ belong to the SQL. Only quoted identifiers and text made from
// them may be filled in; values are passed as parameters. Pure functions.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace peo {

// Every {name} in the SQL must be given, and every given name must occur; else an internal error.
std::string fill(std::string_view sql, std::initializer_list<std::pair<std::string_view, std::string>> names);

}  // namespace peo
