// The role of an EC2 instance: the Instance Metadata Service, version 2 only (a session token is asked for
// first; version 1, which answers whoever gets a request through, is never used).
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
  // None where nobody answers, or the instance has no role. Who has answered once is expected to go on.
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
