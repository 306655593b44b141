// The style sheet of the page: light and dark, and for narrow screens. Only place that defines colours.
#pragma once
#include <string_view>

namespace peo::profile {

extern const std::string_view style;

}  // namespace peo::profile
