// The command healthcheck: asks a loader on this machine, over HTTP, whether it is alive or ready.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/error.hpp"

namespace peo::operate {

struct PageAnswer {
  long status = 0;  // 0: no response
  std::string body;
};

// Requests a page of a loader that listens on METRICS_ADDRESS (on the loopback interface if the address means
// "every interface"). Waits at most a few seconds; doesn't throw if there is no response.
PageAnswer ask_page(const std::string& host, std::uint16_t port, const std::string& path);

struct HealthAnswer {
  ExitCode exit_code = ExitCode::Done;
  std::string text;  // one line
};
HealthAnswer healthcheck(const std::string& host, std::uint16_t port, bool ready);

}  // namespace peo::operate
