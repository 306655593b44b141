// The settings that AWS's own tools know too: where credentials for the bucket come from when SOURCE has
// none.
#pragma once
#include <span>

#include "config/setting_list.hpp"

namespace peo::config {

std::span<const Setting> aws_settings();

}  // namespace peo::config
