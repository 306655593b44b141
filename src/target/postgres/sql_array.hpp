// The text of an SQL array while it grows: its elements, separated by commas, without the braces. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace peo::target {

void add_element(std::string& array, std::string_view written);           // unquoted: a number, NULL
void add_text(std::string& array, std::optional<std::string_view> text);  // any text; or NULL
void add_elements(std::string& array, std::string_view elements);         // those of another array
std::string braced(std::string_view array);

}  // namespace peo::target
