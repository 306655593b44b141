// The endpoint beside a container (ECS, EKS Pod Identity, Greengrass): AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
// at 169.254.170.2, or AWS_CONTAINER_CREDENTIALS_FULL_URI, with an authorization that may stand in a file,
// which is read anew each time. So that nobody who can set a variable sends the authorization elsewhere, a
// full URI is https, or goes to this machine (127.0.0.0/8, ::1, localhost) or to the endpoints' own
// addresses.
#pragma once
#include <string>

#include "base/aws_environment.hpp"
#include "source/s3/credentials/credential_source.hpp"
#include "source/s3/http_client.hpp"

namespace peo::source::s3 {

class ContainerCredentials final : public CredentialSource {
 public:
  ContainerCredentials(const AwsEnvironment& environment, const std::string& ca_bundle,
                       const Cancellation* stop);
  std::string name() const override;
  std::optional<TimedCredentials> get() override;

 private:
  std::string authorization() const;

  std::string uri_, token_, token_file_;
  HttpOptions http_;
};

// Whether a container's credentials may be asked for at this URI.
bool is_container_uri(const std::string& uri);

}  // namespace peo::source::s3
