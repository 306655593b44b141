// Which HTTP connections have to go, so that a newcomer is always served: a probe gets its answer though
// others hold connections open and send nothing, or a byte now and then.
//
// Each connection has `request_time` from its opening, or from its last answer, until its next request is
// answered; activity doesn't extend it. Beyond `per_address` connections of one address, or `total` of all,
// the oldest goes: of that address, or of the address that has most. Nobody is refused, so that probes get
// through even from an address that is used up (a node's, a proxy's, loopback). One thread.
#pragma once
#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace peo::metrics {

class ConnectionLimits {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t total = 128;
  static constexpr std::size_t per_address = 32;
  static constexpr std::chrono::seconds request_time{10};

  void opened(int socket, const std::string& address, Clock::time_point now);
  void answered(int socket, Clock::time_point now);
  void closed(int socket);

  // The sockets to be shut down, each of them told once.
  std::vector<int> take_surplus(Clock::time_point now);

 private:
  struct Connection {
    std::string address;
    Clock::time_point since;
  };
  std::string crowded_address() const;

  std::map<int, Connection> connections_;  // by socket; without those that were told
};

// What counts as one address: an IPv4 address, or the 64 bits of an IPv6 network, all of which one host may
// use.
std::string address_key(const sockaddr* address);

}  // namespace peo::metrics
