// The credentials endpoint of a container (ECS, EKS Pod Identity, Greengrass):
// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI at 169.254.170.2, or AWS_CONTAINER_CREDENTIALS_FULL_URI. The
// authorization token may be in a file, which is read again for each request. A full URI must be https, or on
// this machine (127.0.0.0/8, ::1, localhost) or one of the endpoints' well-known addresses, so that nobody
// can redirect the token by setting a variable.
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

// Whether this URI is an allowed credentials endpoint.
bool is_container_uri(const std::string& uri);

}  // namespace peo::source::s3
