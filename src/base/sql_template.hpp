// SQL templates with {names}, for what can't be a parameter: identifiers and lists of them. Braces around
// anything but lower-case letters and _ belong to the SQL. Fill in only quoted identifiers and text built
// from them; pass values as parameters. Pure functions.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace peo {

// Every {name} in the SQL must be passed, and every passed name must occur; otherwise an internal error.
std::string fill(std::string_view sql, std::initializer_list<std::pair<std::string_view, std::string>> names);

}  // namespace peo
