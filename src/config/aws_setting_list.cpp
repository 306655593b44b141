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
  if (!value) problems.add("accepted are true and false");
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
        "AWS_ACCESS_KEY_ID", "the access key id when SOURCE has no bucket_id", "AKIAIOSFODNN7EXAMPLE",
        "Without either, credentials are looked for as AWS's own tools do: a web identity, the shared files, "
        "the "
        "container's endpoint, the instance's role; and fetched anew before they expire. Without any, "
        "requests are not signed: a public bucket."),
    secret<&AwsEnvironment::secret_access_key>("AWS_SECRET_ACCESS_KEY",
                                               "the secret key to AWS_ACCESS_KEY_ID"),
    secret<&AwsEnvironment::session_token>("AWS_SESSION_TOKEN", "the session token to AWS_ACCESS_KEY_ID"),
    plain<&AwsEnvironment::role_arn>("AWS_ROLE_ARN", "the role to take with a web identity token",
                                     "arn:aws:iam::123456789012:role/loader"),
    plain<&AwsEnvironment::web_identity_token_file>(
        "AWS_WEB_IDENTITY_TOKEN_FILE", "file of the token for AWS_ROLE_ARN",
        "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"),
    plain<&AwsEnvironment::role_session_name>("AWS_ROLE_SESSION_NAME",
                                              "the session's name; empty: paper-engine-orders", "loader"),
    plain<&AwsEnvironment::profile>("AWS_PROFILE", "the profile of the shared files; empty: default",
                                    "replica"),
    plain<&AwsEnvironment::credentials_file>("AWS_SHARED_CREDENTIALS_FILE",
                                             "the shared credentials file; empty: ~/.aws/credentials",
                                             "/etc/paper-engine/credentials"),
    plain<&AwsEnvironment::config_file>("AWS_CONFIG_FILE", "the shared config file; empty: ~/.aws/config",
                                        "/etc/paper-engine/aws-config"),
    plain<&AwsEnvironment::container_relative_uri>("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                                   "where a container's role is asked for, as ECS sets it",
                                                   "/v2/credentials/5d7a"),
    plain<&AwsEnvironment::container_full_uri>(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "the same as a whole address, as EKS Pod Identity sets it",
        "http://169.254.170.23/v1/credentials",
        "https, or http to this machine, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]."),
    secret<&AwsEnvironment::container_token>("AWS_CONTAINER_AUTHORIZATION_TOKEN",
                                             "the authorization for that address"),
    plain<&AwsEnvironment::container_token_file>(
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "file of that authorization, read anew each time",
        "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"),
    Setting{.name = "AWS_ENDPOINT_URL_S3",
            .type = "String",
            .default_value = "",
            .meaning = "the bucket's endpoint when SOURCE has bucket_name, but no bucket_endpoint",
            .help = "",
            .example = "https://s3.example.com",
            .read = address<&AwsEnvironment::s3_endpoint>},
    Setting{.name = "AWS_ENDPOINT_URL",
            .type = "String",
            .default_value = "",
            .meaning = "the same for all services; AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL_STS override it",
            .help = "",
            .example = "http://localhost:4566",
            .read = address<&AwsEnvironment::endpoint>},
    Setting{.name = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
            .type = "Boolean",
            .default_value = "",
            .meaning = "true: AWS_ENDPOINT_URL and those of single services are ignored",
            .help = "",
            .example = "true",
            .read = aws_boolean<&AwsEnvironment::endpoints_ignored>},
    Setting{.name = "AWS_ENDPOINT_URL_STS",
            .type = "String",
            .default_value = "",
            .meaning = "the token service's address; empty: AWS's own for the region",
            .help = "",
            .example = "https://sts.eu-central-1.amazonaws.com",
            .read = address<&AwsEnvironment::sts_endpoint>},
    Setting{
        .name = "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        .type = "String",
        .default_value = "",
        .meaning = "the instance's metadata service; empty: http://169.254.169.254",
        .help =
            "An instance is asked (by IMDSv2) only for a bucket at Amazon S3 itself, or when this is set.",
        .example = "http://[fd00:ec2::254]",
        .read = address<&AwsEnvironment::metadata_endpoint>},
    Setting{.name = "AWS_EC2_METADATA_DISABLED",
            .type = "Boolean",
            .default_value = "",
            .meaning = "true: no instance is asked",
            .help = "",
            .example = "true",
            .read = aws_boolean<&AwsEnvironment::metadata_disabled>},
};

}  // namespace

std::span<const Setting> aws_settings() { return aws_variables; }

}  // namespace peo::config
