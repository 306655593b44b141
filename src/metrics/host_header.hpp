// The defence against DNS rebinding: a page of a stranger, whose name he lets point to the loader's address,
// makes a browser ask the loader, but under that name. A page that isn't for everybody's eyes is therefore
// shown only under an address, localhost, or a name that is configured.
#pragma once
#include <string>
#include <string_view>

namespace peo::metrics {

// `header`: of a request, with or without a port. `configured`: the host of METRICS_ADDRESS.
bool is_own_host(std::string_view header, const std::string& configured);

}  // namespace peo::metrics
