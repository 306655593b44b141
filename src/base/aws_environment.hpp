// The environment variables for AWS credentials and endpoints, named as in the AWS CLI and SDKs. Plain
// values: config reads them, the S3 source uses them. Empty: not set.
#pragma once
#include <string>

namespace peo {

struct AwsEnvironment {
  std::string access_key_id, secret_access_key, session_token;
  std::string profile;                        // of the shared files; empty: "default"
  std::string credentials_file, config_file;  // empty: in `home`/.aws
  std::string home;                           // empty: only explicitly set shared files
  std::string role_arn, role_session_name, web_identity_token_file;
  std::string endpoint;                   // of all services …
  std::string s3_endpoint, sts_endpoint;  // … except those with their own
  bool endpoints_ignored = false;         // these three are
  std::string container_relative_uri, container_full_uri;
  std::string container_token, container_token_file;
  std::string metadata_endpoint;  // of the instance
  bool metadata_disabled = false;
};

}  // namespace peo
