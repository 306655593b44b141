// The settings that are shared with the AWS CLI and SDKs: the source of the bucket's credentials if SOURCE
// has none.
#pragma once
#include <span>

#include "config/setting_list.hpp"

namespace peo::config {

std::span<const Setting> aws_settings();

}  // namespace peo::config
