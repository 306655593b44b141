// The role of an EC2 instance, from the Instance Metadata Service. Only version 2 is used, which requires a
// session token; version 1 answers any request that reaches it.
#pragma once
#include <memory>
#include <string>

#include "base/aws_environment.hpp"
#include "source/s3/credentials/credential_source.hpp"
#include "source/s3/http_client.hpp"

namespace peo::source::s3 {

class InstanceCredentials final : public CredentialSource {
 public:
  InstanceCredentials(const AwsEnvironment& environment, const Cancellation* stop);
  std::string name() const override;
  // None if there is no server, or the instance has no role. A server that has responded once is expected to
  // keep responding.
  std::optional<TimedCredentials> get() override;

 private:
  std::unique_ptr<HttpAnswer> ask(const std::string& path, const std::string& method,
                                  const std::string& header, const std::string& value);

  std::string address_;
  bool disabled_;
  bool answered_ = false;
  HttpClient client_;
};

}  // namespace peo::source::s3
