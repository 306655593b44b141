#include "source/s3/credentials/container.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "source/s3/credentials/answer.hpp"
#include "source/s3/credentials/small_file.hpp"

namespace peo::source::s3 {
namespace {

// The host of "http://host:port/path"; an IPv6 address without its brackets.
std::string host_of(const std::string& uri) {
  const auto begin = uri.find("://") + 3;
  const auto authority = uri.substr(begin, uri.find_first_of("/?#", begin) - begin);
  if (authority.find('@') != std::string::npos) return {};
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    return end == std::string::npos ? std::string() : authority.substr(1, end - 1);
  }
  return authority.substr(0, authority.find(':'));
}

bool is_near(const std::string& host) {
  if (host == "localhost") return true;
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) {
    return (ntohl(four.s_addr) >> 24U) == 127 || host == "169.254.170.2" || host == "169.254.170.23";
  }
  in6_addr six{};
  in6_addr pod_identity{};
  inet_pton(AF_INET6, "fd00:ec2::23", &pod_identity);
  if (inet_pton(AF_INET6, host.c_str(), &six) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&six) || IN6_ARE_ADDR_EQUAL(&six, &pod_identity);
}

}  // namespace

bool is_container_uri(const std::string& uri) {
  const bool plain =
      std::all_of(uri.begin(), uri.end(), [](char c) { return c > ' ' && c < 0x7f && c != '\\'; });
  if (!plain) return false;
  const auto host = uri.find("://") == std::string::npos ? std::string() : host_of(uri);
  if (uri.starts_with("https://")) return !host.empty();
  return uri.starts_with("http://") && is_near(host);
}

ContainerCredentials::ContainerCredentials(const AwsEnvironment& environment, const std::string& ca_bundle,
                                           const Cancellation* stop)
    : token_(environment.container_token),
      token_file_(environment.container_token_file),
      http_(local_options(stop)) {
  http_.ca_bundle = ca_bundle;
  uri_ = environment.container_full_uri;
  if (!environment.container_relative_uri.empty())
    uri_ = "http://169.254.170.2" + environment.container_relative_uri;
}

std::string ContainerCredentials::name() const {
  return fmt::format("the container credentials endpoint at {}",
                     shortened(uri_.substr(0, uri_.find('/', 8)), 200));
}

std::string ContainerCredentials::authorization() const {
  if (!token_file_.empty()) return read_token(token_file_, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (token_.find_first_of("\r\n") != std::string::npos) {
    throw Error::configuration("AWS_CONTAINER_AUTHORIZATION_TOKEN contains a line break", "Remove it.");
  }
  return token_;
}

std::optional<TimedCredentials> ContainerCredentials::get() {
  if (uri_.empty()) return std::nullopt;
  if (!is_container_uri(uri_)) {
    throw Error::configuration(
        fmt::format("{} is not an allowed source of credentials", name()),
        "Set AWS_CONTAINER_CREDENTIALS_FULL_URI to an https URI, or an http URI on this "
        "machine, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23].");
  }
  HttpRequest request{.url = uri_, .headers = {{"accept", "application/json"}}};
  if (const auto token = authorization(); !token.empty()) request.headers["authorization"] = token;
  HttpClient client(http_);
  const auto answer = client.send(request);
  if (answer->status() == 200) return read_credentials(answer->read_text(longest_answer), name());
  const auto what = fmt::format("{} returned no credentials: HTTP {}", name(), answer->status());
  if (is_transient(answer->status())) throw Error::retry(what);
  throw Error::permission(what,
                          "Check the role of the task or pod, and AWS_CONTAINER_AUTHORIZATION_TOKEN(_FILE).");
}

}  // namespace peo::source::s3
