#include "config/aws_setting_list.hpp"

#include <array>

#include "config/endpoint.hpp"
#include "config/parse_value.hpp"

namespace peo::config {
namespace {

template <auto member>
void text(std::string_view given, Settings& into, Problems& /*problems*/) {
  into.aws.*member = given;
}

template <auto member>
void address(std::string_view given, Settings& into, Problems& problems) {
  const auto endpoint = read_endpoint(given);
  if (!endpoint.problem.empty()) problems.add(endpoint.problem);
  into.aws.*member = endpoint.url;
}

template <auto member>
void aws_boolean(std::string_view given, Settings& into, Problems& problems) {
  const auto value = read_boolean(given);
  if (!value) problems.add("expected true or false");
  into.aws.*member = value.value_or(false);
}

template <auto member>
constexpr Setting plain(std::string_view name, std::string_view meaning, std::string_view example,
                        std::string_view help = "") {
  return {.name = name,
          .type = "String",
          .default_value = "",
          .meaning = meaning,
          .help = help,
          .example = example,
          .read = text<member>};
}

template <auto member>
constexpr Setting secret(std::string_view name, std::string_view meaning, std::string_view help = "") {
  auto setting = plain<member>(name, meaning, "…", help);
  setting.secret = true;
  setting.in_file = false;
  return setting;
}

const std::array aws_variables = {
    plain<&AwsEnvironment::access_key_id>(
        "AWS_ACCESS_KEY_ID", "the access key id if SOURCE has no bucket_id", "AKIAIOSFODNN7EXAMPLE",
        "Without either, the loader searches for credentials as the AWS SDKs do: a web identity, the shared "
        "files, the container's endpoint, the instance's role. It refreshes them before they expire. Without "
        "any "
        "credentials, requests are anonymous, for public buckets."),
    secret<&AwsEnvironment::secret_access_key>("AWS_SECRET_ACCESS_KEY",
                                               "the secret key for AWS_ACCESS_KEY_ID"),
    secret<&AwsEnvironment::session_token>("AWS_SESSION_TOKEN", "the session token for AWS_ACCESS_KEY_ID"),
    plain<&AwsEnvironment::role_arn>("AWS_ROLE_ARN", "the role to assume with a web identity token",
                                     "arn:aws:iam::123456789012:role/loader"),
    plain<&AwsEnvironment::web_identity_token_file>(
        "AWS_WEB_IDENTITY_TOKEN_FILE", "the file of the web identity token for AWS_ROLE_ARN",
        "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"),
    plain<&AwsEnvironment::role_session_name>(
        "AWS_ROLE_SESSION_NAME", "the name of the role session; empty: paper-engine-orders", "loader"),
    plain<&AwsEnvironment::profile>("AWS_PROFILE", "the profile in the shared files; empty: default",
                                    "replica"),
    plain<&AwsEnvironment::credentials_file>("AWS_SHARED_CREDENTIALS_FILE",
                                             "the shared credentials file; empty: ~/.aws/credentials",
                                             "/etc/paper-engine/credentials"),
    plain<&AwsEnvironment::config_file>("AWS_CONFIG_FILE", "the shared config file; empty: ~/.aws/config",
                                        "/etc/paper-engine/aws-config"),
    plain<&AwsEnvironment::container_relative_uri>(
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "the path of the container credentials endpoint, set by ECS", "/v2/credentials/5d7a"),
    plain<&AwsEnvironment::container_full_uri>(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "the URI of the container credentials endpoint, set by EKS Pod Identity",
        "http://169.254.170.23/v1/credentials",
        "An https URI, or an http URI on this machine, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]."),
    secret<&AwsEnvironment::container_token>("AWS_CONTAINER_AUTHORIZATION_TOKEN",
                                             "the authorization token for that endpoint"),
    plain<&AwsEnvironment::container_token_file>(
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "the file of that token, read for each request",
        "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"),
    Setting{.name = "AWS_ENDPOINT_URL_S3",
            .type = "String",
            .default_value = "",
            .meaning = "the S3 endpoint if SOURCE has no bucket_endpoint",
            .help = "",
            .example = "https://s3.example.com",
            .read = address<&AwsEnvironment::s3_endpoint>},
    Setting{.name = "AWS_ENDPOINT_URL",
            .type = "String",
            .default_value = "",
            .meaning =
                "the endpoint of all AWS services; AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL_STS override "
                "it",
            .help = "",
            .example = "http://localhost:4566",
            .read = address<&AwsEnvironment::endpoint>},
    Setting{.name = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
            .type = "Boolean",
            .default_value = "",
            .meaning = "true: ignore AWS_ENDPOINT_URL and the endpoint settings of single services",
            .help = "",
            .example = "true",
            .read = aws_boolean<&AwsEnvironment::endpoints_ignored>},
    Setting{.name = "AWS_ENDPOINT_URL_STS",
            .type = "String",
            .default_value = "",
            .meaning = "the endpoint of the Security Token Service; empty: AWS's endpoint for the region",
            .help = "",
            .example = "https://sts.eu-central-1.amazonaws.com",
            .read = address<&AwsEnvironment::sts_endpoint>},
    Setting{.name = "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            .type = "String",
            .default_value = "",
            .meaning = "the instance metadata service; empty: http://169.254.169.254",
            .help = "It is used (with IMDSv2) only for a bucket on Amazon S3, or when this setting is set.",
            .example = "http://[fd00:ec2::254]",
            .read = address<&AwsEnvironment::metadata_endpoint>},
    Setting{.name = "AWS_EC2_METADATA_DISABLED",
            .type = "Boolean",
            .default_value = "",
            .meaning = "true: don't use the instance metadata service",
            .help = "",
            .example = "true",
            .read = aws_boolean<&AwsEnvironment::metadata_disabled>},
};

}  // namespace

std::span<const Setting> aws_settings() { return aws_variables; }

}  // namespace peo::config
