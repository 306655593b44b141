// What errno means for a folder that stands for a bucket.
#pragma once
#include <string>

#include "base/error.hpp"

namespace peo::source {

// `what_happened` names the path: "can't list folder /data/dbo".
Error directory_error(int error_number, const std::string& what_happened);

}  // namespace peo::source
