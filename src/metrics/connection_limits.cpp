#include "metrics/connection_limits.hpp"

#include <netinet/in.h>

#include <algorithm>

namespace peo::metrics {

void ConnectionLimits::opened(int socket, const std::string& address, Clock::time_point now) {
  connections_[socket] = {address, now};
}

void ConnectionLimits::answered(int socket, Clock::time_point now) {
  const auto found = connections_.find(socket);
  if (found != connections_.end()) found->second.since = now;
}

void ConnectionLimits::closed(int socket) { connections_.erase(socket); }

std::vector<int> ConnectionLimits::take_surplus(Clock::time_point now) {
  std::vector<int> surplus;
  std::erase_if(connections_, [&](const auto& one) {
    const bool overdue = now - one.second.since > request_time;
    if (overdue) surplus.push_back(one.first);
    return overdue;
  });
  for (auto address = crowded_address(); !address.empty(); address = crowded_address()) {
    auto oldest = connections_.end();
    for (auto one = connections_.begin(); one != connections_.end(); ++one) {
      if (one->second.address == address &&
          (oldest == connections_.end() || one->second.since < oldest->second.since))
        oldest = one;
    }
    surplus.push_back(oldest->first);
    connections_.erase(oldest);
  }
  return surplus;
}

// The address with the most connections, if one must be closed; otherwise empty.
std::string ConnectionLimits::crowded_address() const {
  std::map<std::string, std::size_t> counts;
  for (const auto& [socket, connection] : connections_) ++counts[connection.address];
  const auto most = std::ranges::max_element(counts, {}, [](const auto& count) { return count.second; });
  if (most == counts.end() || (most->second <= per_address && connections_.size() <= total)) return {};
  return most->first;
}

std::string address_key(const sockaddr* address) {
  const auto bytes = [](const void* data, std::size_t size) {
    return std::string(static_cast<const char*>(data), size);
  };
  if (address != nullptr && address->sa_family == AF_INET)
    return bytes(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4);
  if (address == nullptr || address->sa_family != AF_INET6) return "unknown";
  const auto& v6 = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  return IN6_IS_ADDR_V4MAPPED(&v6) ? bytes(v6.s6_addr + 12, 4) : bytes(v6.s6_addr, 8);
}

}  // namespace peo::metrics
