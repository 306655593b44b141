// Where NATS is and how to log in there.
#pragma once
#include <functional>
#include <string>
#include <vector>

namespace peo::nats {

struct NatsOptions {
  std::vector<std::string> servers;  // "host:port", "nats://host:port" or "tls://host:port"; no user in it
  std::string user, password;        // both empty: none
  std::string token;                 // empty: none
  std::string credentials_file;      // a .creds file; empty: none
  std::string nkey_seed;             // "SU…"; empty: none
  bool tls = false;                  // also when one server says tls://
  std::string ca_file;               // PEM; empty: the system's certificate authorities
  std::string cert_file, key_file;   // PEM, the client's own certificate and its key; both empty: none
  std::string name = "paper-engine-orders";
  std::string setting = "NATS";  // where the servers come from: for hints
  // Called before each connection: puts in the secrets as they are now. Empty: they last.
  std::function<void(NatsOptions&)> renew{};
};

}  // namespace peo::nats
