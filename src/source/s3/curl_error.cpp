#include "source/s3/curl_error.hpp"

#include <fmt/format.h>

namespace peo::source::s3 {
namespace {

// The server doesn't use TLS, so a retry can't help.
bool is_plain_text(const std::string& detail) {
  return detail.find("wrong version number") != std::string::npos ||
         detail.find("packet length too long") != std::string::npos ||
         detail.find("http request") != std::string::npos;
}

}  // namespace

Error to_error(CURLcode code, const std::string& detail, const std::string& server,
               const std::string& ca_bundle) {
  const std::string what =
      fmt::format("{}: {}", server, shortened(detail.empty() ? curl_easy_strerror(code) : detail, 200));
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return Error::unavailable(
          what,
          "Check the server's certificate. If your own certificate authority issued it, "
          "set AWS_CA_BUNDLE to a file with that authority's certificate.");
    case CURLE_SSL_CACERT_BADFILE:
      return Error::configuration(
          what, ca_bundle.empty()
                    ? "Install the package ca-certificates, or set AWS_CA_BUNDLE to a PEM file."
                    : fmt::format("Set AWS_CA_BUNDLE to a readable PEM file; it is {}.", ca_bundle));
    case CURLE_SSL_CONNECT_ERROR:
      if (is_plain_text(detail)) {
        return Error::configuration(what,
                                    "Check the port of bucket_endpoint: the server doesn't use TLS there. If "
                                    "it uses plain HTTP, write "
                                    "bucket_endpoint with http://.");
      }
      return Error::retry(what);
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Error::retry(what, "Check HTTPS_PROXY (or http_proxy), and DNS.");
    case CURLE_COULDNT_RESOLVE_HOST:
      return Error::retry(what, "Check bucket_endpoint and bucket_region, and DNS.");
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
      return Error::retry(
          what,
          "Check that the server is running and that host and port are correct; with a proxy, those in "
          "HTTPS_PROXY.");
    case CURLE_PARTIAL_FILE:
      return Error::retry(what + " (incomplete response)");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_URL_MALFORMAT:
      return Error::configuration(what, "Check that bucket_endpoint is an S3 server.");
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
      return Error::internal(what);
    default:
      return Error::retry(what);
  }
}

Error proxy_refusal(int status, const std::string& server) {
  if (status == 407) {
    return Error::permission(
        fmt::format("the proxy for {} requires authentication: HTTP 407", server),
        "Set HTTPS_PROXY (http_proxy for an http:// endpoint) to http://user:password@host:port, or name the "
        "bucket's host in no_proxy.");
  }
  const auto what = fmt::format("the proxy refused to connect to {}: HTTP {}", server, status);
  if (status == 408 || status == 429 || status >= 500) return Error::retry(what);
  return Error::permission(
      what, "Ask the proxy's administrator to allow that host and port, or add the host to no_proxy.");
}

}  // namespace peo::source::s3
