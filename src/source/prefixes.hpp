// Lists the prefixes of a bucket, level by level. Errors: those of Source.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/object.hpp"
#include "source/source.hpp"

namespace peo::source {

// The prefixes directly under `prefix`, each with its full path and trailing "/", in the bucket's order.
// `beside` receives the objects at that level.
std::vector<std::string> prefixes_below(
    Source& source, const std::string& prefix,
    const std::function<void(const ObjectInfo&)>& beside = [](const ObjectInfo&) {});

std::string last_part(std::string_view prefix);  // "dbo/Orders/" → "Orders"

}  // namespace peo::source
