// A role that is assumed with a web identity token: IAM roles for service accounts (EKS), other OpenID
// Connect providers. The token file is read each time, since it is replaced before the token expires. The API
// call is AssumeRoleWithWebIdentity of AWS's Security Token Service; it is not signed.
#pragma once
#include <string>

#include "base/cancellation.hpp"
#include "source/s3/credentials/credential_source.hpp"

namespace peo::source::s3 {

struct WebIdentityOptions {
  std::string role_arn, token_file;
  std::string session_name;  // empty: the program's name
  std::string endpoint;      // empty: the region's, or the global one
  std::string region;
  std::string ca_bundle;
  const Cancellation* stop = nullptr;
};

class WebIdentityCredentials final : public CredentialSource {
 public:
  explicit WebIdentityCredentials(WebIdentityOptions options);
  std::string name() const override;
  std::optional<TimedCredentials> get() override;

 private:
  WebIdentityOptions options_;
};

}  // namespace peo::source::s3
