// The prefixes of a bucket, level by level. Errors: those of Source.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/object.hpp"
#include "source/source.hpp"

namespace peo::source {

// Those right below `prefix`, each whole and with its closing "/", in the bucket's order. `beside` is given
// the objects that lie there.
std::vector<std::string> folders_below(
    Source& source, const std::string& prefix,
    const std::function<void(const ObjectInfo&)>& beside = [](const ObjectInfo&) {});

std::string last_part(std::string_view folder);  // "dbo/Orders/" → "Orders"

}  // namespace peo::source
