// The files that `aws configure` writes: ~/.aws/credentials, and ~/.aws/config, where the sections are named
// "[profile NAME]" but for "[default]". What credentials says goes first. A profile may hold keys, or name a
// role and a file with a web identity token. Other ways (source_profile, sso, credential_process) are not
// understood, and said so.
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

// The values of a section; none when there is no such section. Lines that are nested (indented) are passed
// over.
std::optional<std::map<std::string, std::string>> ini_section(const std::string& text,
                                                              const std::string& section);

}  // namespace peo::source::s3
