// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
#pragma once
#include "base/aws_environment.hpp"
#include "source/s3/credentials/credential_source.hpp"

namespace peo::source::s3 {

class EnvironmentCredentials final : public CredentialSource {
 public:
  explicit EnvironmentCredentials(const AwsEnvironment& environment)
      : keys_{environment.access_key_id, environment.secret_access_key, environment.session_token} {}
  std::string name() const override { return "the environment (AWS_ACCESS_KEY_ID)"; }
  std::optional<TimedCredentials> get() override;

 private:
  Credentials keys_;
};

// Throws, naming `origin`, if one key is missing or contains characters that no HTTP header can have.
void check_credentials(const Credentials& keys, const std::string& origin);

}  // namespace peo::source::s3
