// Chooses HTTP connections to close, so that a new one is always served: probes get a response even if others
// keep connections open and send nothing, or a byte now and then.
//
// Each connection has `request_time` from its opening, or from its last response, until its next request is
// answered; activity doesn't extend it. Beyond `per_address` connections from one address, or `total` in all,
// the oldest one is closed: of that address, or of the address with the most. No connection is refused, so
// that probes get through even from an address at its limit (a node, a proxy, loopback). One thread.
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

  // The sockets to shut down, each returned once.
  std::vector<int> take_surplus(Clock::time_point now);

 private:
  struct Connection {
    std::string address;
    Clock::time_point since;
  };
  std::string crowded_address() const;

  std::map<int, Connection> connections_;  // by socket; without those that take_surplus() returned
};

// What counts as one address: an IPv4 address, or the 64 bits of an IPv6 network, all of which one host may
// use.
std::string address_key(const sockaddr* address);

}  // namespace peo::metrics
