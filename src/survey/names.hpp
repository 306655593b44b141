// Names of tables and columns are compared without regard to case, as the loader compares them. Pure
// functions.
#pragma once
#include <string_view>

#include "base/lower_case.hpp"

namespace peo::survey {

inline bool same_name(std::string_view a, std::string_view b) { return lower_case(a) == lower_case(b); }

}  // namespace peo::survey
