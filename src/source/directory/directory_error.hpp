// Maps errno to an Error, for a directory that is read in place of a bucket.
#pragma once
#include <string>

#include "base/error.hpp"

namespace peo::source {

// `what_happened` names the path: "can't list directory /data/dbo".
Error directory_error(int error_number, const std::string& what_happened);

}  // namespace peo::source
