// Protection against DNS rebinding, where a foreign web page resolves its own host name to the loader's
// address, so that a browser queries the loader under that name. A page that isn't public is therefore served
// only under an IP address, localhost, or a configured name.
#pragma once
#include <string>
#include <string_view>

namespace peo::metrics {

// `header`: of a request, with or without a port. `configured`: the host of METRICS_ADDRESS.
bool is_own_host(std::string_view header, const std::string& configured);

}  // namespace peo::metrics
