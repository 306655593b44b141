// A list of names for display. Pure.
#pragma once
#include <string>
#include <vector>

namespace peo {

// The first ten of them, shortened, as one line: "orders, fills, …".
std::string names_text(const std::vector<std::string>& names);

}  // namespace peo
