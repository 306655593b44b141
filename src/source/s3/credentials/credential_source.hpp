// A credential provider. Each subclass implements one of the "Standardized credential providers" in AWS's
// SDKs and Tools Reference Guide.
//
// Errors: peo::Error; Retry if transient. The text of a response is never shown: it may contain keys. One
// thread at a time.
#pragma once
#include <optional>
#include <string>

#include "base/object.hpp"
#include "source/s3/sigv4.hpp"

namespace peo::source::s3 {

struct TimedCredentials {
  Credentials keys;
  std::optional<Time> expire;  // none: they don't expire
};

class CredentialSource {
 public:
  CredentialSource() = default;
  CredentialSource(const CredentialSource&) = delete;
  CredentialSource& operator=(const CredentialSource&) = delete;
  virtual ~CredentialSource() = default;

  // For logs and errors: "the profile default in /home/me/.aws/credentials".
  virtual std::string name() const = 0;
  // New credentials. None: this provider isn't configured, so the next one is tried.
  virtual std::optional<TimedCredentials> get() = 0;
};

}  // namespace peo::source::s3
