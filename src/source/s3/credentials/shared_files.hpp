// The files that `aws configure` writes: ~/.aws/credentials, and ~/.aws/config, where sections other than
// "[default]" are named "[profile NAME]". The credentials file takes precedence. A profile may have keys, or
// a role and a web identity token file. Other methods (source_profile, sso, credential_process) are not
// supported and cause an error.
#pragma once
#include <map>
#include <string>

#include "base/aws_environment.hpp"
#include "source/s3/credentials/credential_source.hpp"
#include "source/s3/credentials/web_identity.hpp"

namespace peo::source::s3 {

class SharedFileCredentials final : public CredentialSource {
 public:
  // `identity`: for a profile with a role; its role and token are replaced.
  SharedFileCredentials(const AwsEnvironment& environment, WebIdentityOptions identity);
  std::string name() const override;
  std::optional<TimedCredentials> get() override;

 private:
  std::string credentials_file_, config_file_, profile_;
  bool asked_for_ = false;  // by AWS_PROFILE
  bool file_asked_for_ = false;
  WebIdentityOptions identity_;
};

// The values of a section; none when it doesn't exist. Nested (indented) lines are ignored.
std::optional<std::map<std::string, std::string>> ini_section(const std::string& text,
                                                              const std::string& section);

}  // namespace peo::source::s3
