#include "metrics/host_header.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "base/identifiers.hpp"

namespace peo::metrics {
namespace {

bool is_address(int family, std::string_view text) {
  in6_addr address{};
  return ::inet_pton(family, std::string(text).c_str(), &address) == 1;
}

bool is_port(std::string_view text) {
  return text.empty() || (text.front() == ':' && std::all_of(text.begin() + 1, text.end(),
                                                             [](char c) { return c >= '0' && c <= '9'; }));
}

}  // namespace

bool is_own_host(std::string_view header, const std::string& configured) {
  if (header.find('\0') != std::string_view::npos) return false;
  const bool v6 = header.starts_with('[');
  const auto end = std::min(v6 ? header.find(']') : header.find(':'), header.size());
  const auto host = header.substr(v6 ? 1 : 0, v6 ? end - 1 : end);
  if (!is_port(header.substr(v6 ? std::min(end + 1, header.size()) : end))) return false;
  if (v6) return end < header.size() && is_address(AF_INET6, host);
  const auto name = lower_case(host.substr(0, host.size() - (host.ends_with('.') ? 1 : 0)));
  return is_address(AF_INET, host) || name == "localhost" ||
         (!name.empty() && name == lower_case(configured));
}

}  // namespace peo::metrics
