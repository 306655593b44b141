// The variable NATS: one or several addresses, nats://user:password@host:4222 or tls://token@host, separated
// by commas. User and password are percent-decoded.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "config/parse_value.hpp"
#include "config/problems.hpp"

namespace peo::config {

struct NatsSettings {
  std::vector<HostPort> servers;  // at least one
  std::string user;               // user and password, or token, or neither; the same for every server
  std::string password;
  std::string token;
  bool tls = false;

  // "nats://***@host:4222,…". No secrets.
  std::string display() const;
};

// Parses a non-empty text. Adds errors to `problems`, without any part of the text; the result is then
// invalid.
NatsSettings read_nats(std::string_view text, Problems& problems);

}  // namespace peo::config
