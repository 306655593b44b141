// The NATS servers and the login.
#pragma once
#include <functional>
#include <string>
#include <vector>

namespace peo::nats {

struct NatsOptions {
  std::vector<std::string> servers;  // "host:port", "nats://host:port" or "tls://host:port", without a user
  std::string user, password;        // both empty: none
  std::string token;                 // empty: none
  std::string credentials_file;      // a .creds file; empty: none
  std::string nkey_seed;             // "SU…"; empty: none
  bool tls = false;                  // implied by a server with tls://
  std::string ca_file;               // PEM; empty: the system's certificate authorities
  std::string cert_file, key_file;   // PEM, the client certificate and its key; both empty: none
  std::string name = "paper-engine-orders";
  std::string setting = "NATS";  // where the servers come from: for hints
  // Called before each connect to update the secrets. Empty: they can't change.
  std::function<void(NatsOptions&)> renew{};
};

}  // namespace peo::nats
