// The certificates of authorities that a server's certificate may be issued by, read once for all
// connections.
//
// libcurl reads them for each handle that makes TLS connections by itself: with 64 connections and the
// system's 140 authorities that is 64 times 3 MiB and 64 times 20 ms of a processor. OpenSSL's store may be
// shared between threads (X509_STORE_up_ref(3)).
#pragma once
#include <openssl/ssl.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

namespace peo::source::s3 {

class TrustStore {
 public:
  // A PEM file; "" for the file that libcurl was built with (Debian: /etc/ssl/certs/ca-certificates.crt).
  explicit TrustStore(std::string file);

  // Makes the store that of the context. Reads the file when it is new or has changed since. Any thread.
  // A configuration Error: the file can't be read.
  void use_in(SSL_CTX* context);

 private:
  struct Free {
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  };

  const std::string configured_;  // as AWS_CA_BUNDLE has it, for the error
  const std::string file_;
  std::mutex mutex_;
  std::filesystem::file_time_type written_{};
  std::unique_ptr<X509_STORE, Free> store_;
};

}  // namespace peo::source::s3
