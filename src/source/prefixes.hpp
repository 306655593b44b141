// Lists the prefixes of a bucket, level by level. Errors: those of Source.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/object.hpp"
#include "source/source.hpp"

namespace peo::source {

// The prefixes directly under `prefix`, each with its full path and trailing "/", in the bucket's order.
// `beside` receives the objects at that level.
std::vector<std::string> prefixes_below(
    Source& source, const std::string& prefix,
    const std::function<void(const ObjectInfo&)>& beside = [](const ObjectInfo&) {});

// Whether the error of a listing means that this prefix can't be listed, while others may be: a directory
// without read permission, a bucket policy with a condition on the prefix.
bool refuses_prefix(const Error& error);

std::string last_part(std::string_view prefix);  // "dbo/Orders/" → "Orders"

}  // namespace peo::source
