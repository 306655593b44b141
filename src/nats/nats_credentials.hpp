// Login to NATS with a key: an NKey seed, or a `.creds` file (a JWT with the seed of its key), as generated
// by NATS's tools. The server sends a nonce and the client signs it; the seed itself is never sent.
//
// Errors are configuration errors that name the setting, and never show a part of the seed or JWT.
#pragma once
#include <string>

#include "nats/nats_options.hpp"

namespace peo::nats {

struct NatsKey {
  std::string jwt;         // from a .creds file; otherwise empty
  std::string public_key;  // "U…"
  std::string secret;      // 32 bytes

  bool exists() const { return !secret.empty(); }
  // The signature of the nonce: Ed25519, base64 for URLs.
  std::string signature(const std::string& nonce) const;
};

// Reads the file each time, so that the next connection uses a renewed one. Without a key in the options,
// returns one whose exists() is false.
NatsKey read_key(const NatsOptions& options);

}  // namespace peo::nats
