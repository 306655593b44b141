// The text of an SQL array while it grows: its elements with commas between them, without the braces. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace peo::target {

void add_element(std::string& array, std::string_view written);           // as it stands: a number, NULL
void add_text(std::string& array, std::optional<std::string_view> text);  // any text; or NULL
void add_elements(std::string& array, std::string_view elements);         // of another one
std::string braced(std::string_view array);

}  // namespace peo::target
