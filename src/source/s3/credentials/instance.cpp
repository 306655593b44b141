#include "source/s3/credentials/instance.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/log.hpp"
#include "source/s3/credentials/answer.hpp"

namespace peo::source::s3 {
namespace {

constexpr const char* roles = "/latest/meta-data/iam/security-credentials/";

HttpOptions patience(const Cancellation* stop) {
  auto options = local_options(stop);
  options.stall_timeout =
      std::chrono::seconds(2);  // there is no server on machines that are not EC2 instances
  return options;
}

// Characters that are valid in a path and in a header.
bool is_word(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

InstanceCredentials::InstanceCredentials(const AwsEnvironment& environment, const Cancellation* stop)
    : address_(environment.metadata_endpoint.empty() ? "http://169.254.169.254"
                                                     : environment.metadata_endpoint),
      disabled_(environment.metadata_disabled),
      client_(patience(stop)) {
  while (address_.ends_with('/')) address_.pop_back();
}

std::string InstanceCredentials::name() const { return "the instance's role (" + address_ + ")"; }

std::unique_ptr<HttpAnswer> InstanceCredentials::ask(const std::string& path, const std::string& method,
                                                     const std::string& header, const std::string& value) {
  auto answer =
      client_.send({.url = address_ + path, .headers = {{header, value}}, .method = method, .body = ""});
  if (is_transient(answer->status()))
    throw Error::retry(fmt::format("{} returned HTTP {}", name(), answer->status()));
  return answer;
}

std::optional<TimedCredentials> InstanceCredentials::get() {
  if (disabled_) return std::nullopt;
  std::string token;
  try {
    const auto session = ask("/latest/api/token", "PUT", "x-aws-ec2-metadata-token-ttl-seconds", "21600");
    token = session->read_text(longest_answer);
    if (session->status() != 200 || !is_word(token))
      throw Error::retry(fmt::format("{} returned no session token: HTTP {}", name(), session->status()));
  } catch (const Error& error) {
    if (answered_) throw;
    log::debug("No credentials from an instance: {}", error.describe());
    return std::nullopt;
  }
  const auto listed = ask(roles, "GET", "x-aws-ec2-metadata-token", token);
  auto role = listed->read_text(longest_answer);
  role = role.substr(0, role.find_first_of("\r\n"));
  if (listed->status() != 200 || !is_word(role)) {
    if (!answered_) return std::nullopt;
    throw Error::retry(fmt::format("{} no longer exists: HTTP {}", name(), listed->status()));
  }
  const auto answer = ask(roles + uri_encoded(role), "GET", "x-aws-ec2-metadata-token", token);
  if (answer->status() != 200)
    throw Error::retry(fmt::format("{} returned no credentials: HTTP {}", name(), answer->status()));
  auto found = read_credentials(answer->read_text(longest_answer), name());
  answered_ = true;
  return found;
}

}  // namespace peo::source::s3
