// Parses single values of environment variables. Each function returns nothing for an invalid text; the
// caller reports what is expected. Pure functions.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/identifiers.hpp"

namespace peo::config {

struct HostPort {
  std::string host;  // without the brackets of an IPv6 address
  std::uint16_t port = 0;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};
// "localhost:4222", "[::1]:4222".
std::string to_string(const HostPort& address);

std::string_view trimmed(std::string_view text);
std::vector<std::string_view> split_by_comma(std::string_view text);

// True, false, 1, 0, yes, no, on, off in any case.
std::optional<bool> read_boolean(std::string_view text);
// Seconds, or a number with the unit ms, s, m, h or d; fractions are allowed, signs and exponents are not. At
// most one year.
std::optional<std::chrono::nanoseconds> read_duration(std::string_view text);
// Bytes, or an integer with the unit K, M, G, KiB, MiB or GiB (all powers of 1024).
std::optional<std::uint64_t> read_size(std::string_view text);
// 1 to 65535.
std::optional<std::uint16_t> read_port(std::string_view text);
// "host", "host:port", "[v6]", "[v6]:port"; without a port, the default. Names and addresses only: no path,
// no user.
std::optional<HostPort> read_host_port(std::string_view text, std::uint16_t default_port);
// The format of METRICS_ADDRESS: as above, but the port is required, ":port" means all interfaces and a bare
// port means loopback.
std::optional<HostPort> read_listen_address(std::string_view text);
// Decodes %XX; nothing for an invalid escape or one of a control character.
std::optional<std::string> percent_decoded(std::string_view text);

// A value for a message: quoted and shortened; not shown at all if it looks like a secret (an address with a
// user, a connection string).
std::string shown(std::string_view value);

}  // namespace peo::config
