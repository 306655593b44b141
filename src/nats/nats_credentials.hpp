// How the loader logs in to NATS with a key: an NKey seed, or a `.creds` file (a JWT with the seed of its
// key), as NATS' own tools write them. The server sends a nonce, the client signs it; the seed itself is
// never sent.
//
// Errors are configuration errors that name the setting, and never show a part of seed or JWT.
#pragma once
#include <string>

#include "nats/nats_options.hpp"

namespace peo::nats {

struct NatsKey {
  std::string jwt;         // of a .creds file; else empty
  std::string public_key;  // "U…"
  std::string secret;      // 32 bytes

  bool exists() const { return !secret.empty(); }
  // Of the nonce: Ed25519, base64 for URLs.
  std::string signature(const std::string& nonce) const;
};

// Reads the file again each time, so that a renewed one is used by the next connection. Without a key in the
// options, one that doesn't exist.
NatsKey read_key(const NatsOptions& options);

}  // namespace peo::nats
