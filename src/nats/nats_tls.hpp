// TLS for a NATS connection, using OpenSSL: bytes to bytes, without a socket. The server's certificate and
// host name are always verified.
#pragma once
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "nats/nats_options.hpp"

namespace peo::nats {

class NatsTls {
 public:
  // Reads the files in the options; throws a configuration error that names the setting if one of them is
  // invalid. `server`: for errors.
  NatsTls(const NatsOptions& options, const std::string& host, std::string server);

  // Continues the handshake; true once it is complete. Until then send output(), and pass received data to
  // input().
  bool handshake();
  void input(std::string_view bytes);  // from the server
  std::string output();                // to the server
  void encrypt(std::string_view text);
  std::string decrypt();  // everything available; see ended()
  bool ended() const { return ended_; }

 private:
  using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;
  using Session = std::unique_ptr<SSL, void (*)(SSL*)>;
  static Context context_for(const NatsOptions& options);
  [[noreturn]] void fail() const;

  std::string server_;
  Context context_;
  Session session_;
  bool ended_ = false;
};

}  // namespace peo::nats
