// The style sheet of the page: light and dark, and for a narrow screen. Colours are named there alone.
#pragma once
#include <string_view>

namespace peo::profile {

extern const std::string_view style;

}  // namespace peo::profile
