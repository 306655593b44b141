// One place that credentials may come from. Each class knows one place and its protocol, as AWS documents it
// in the reference guide of its SDKs and tools ("Standardized credential providers").
//
// Errors: peo::Error; Retry for what may pass. No text of an answer is shown: it may hold keys. One thread at
// a time.
#pragma once
#include <optional>
#include <string>

#include "base/object.hpp"
#include "source/s3/sigv4.hpp"

namespace peo::source::s3 {

struct TimedCredentials {
  Credentials keys;
  std::optional<Time> expire;  // none: they last
};

class CredentialSource {
 public:
  CredentialSource() = default;
  CredentialSource(const CredentialSource&) = delete;
  CredentialSource& operator=(const CredentialSource&) = delete;
  virtual ~CredentialSource() = default;

  // For logs and errors: "the profile default in /home/me/.aws/credentials".
  virtual std::string name() const = 0;
  // Fresh ones. None: this place isn't set up, so the next one is asked.
  virtual std::optional<TimedCredentials> get() = 0;
};

}  // namespace peo::source::s3
