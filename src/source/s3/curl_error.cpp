#include "source/s3/curl_error.hpp"

#include <fmt/format.h>

namespace peo::source::s3 {
namespace {

// The server speaks something else than TLS: trying again can't help.
bool is_plain_text(const std::string& detail) {
  return detail.find("wrong version number") != std::string::npos ||
         detail.find("packet length too long") != std::string::npos ||
         detail.find("http request") != std::string::npos;
}

}  // namespace

Error to_error(CURLcode code, const std::string& detail, const std::string& server) {
  const std::string what =
      fmt::format("{}: {}", server, shortened(detail.empty() ? curl_easy_strerror(code) : detail, 200));
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return Error::unavailable(what,
                                "The server's certificate is not trusted. If it was issued by your own "
                                "authority, name the file with "
                                "that authority's certificate in AWS_CA_BUNDLE.");
    case CURLE_SSL_CONNECT_ERROR:
      if (is_plain_text(detail)) {
        return Error::configuration(
            what,
            "The server doesn't speak TLS there. If it is meant to, check the port; if it speaks plain "
            "HTTP, write bucket_endpoint with http://.");
      }
      return Error::retry(what);
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Error::retry(what, "Check HTTPS_PROXY (or http_proxy), and the name server.");
    case CURLE_COULDNT_RESOLVE_HOST:
      return Error::retry(what, "Check bucket_endpoint and bucket_region, and the name server.");
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
      return Error::retry(
          what,
          "Check that the server runs and that host and port are right; with a proxy, those in "
          "HTTPS_PROXY.");
    case CURLE_PARTIAL_FILE:
      return Error::retry(what + " (the answer was cut)");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_URL_MALFORMAT:
      return Error::configuration(what, "Is that an S3 server? Check bucket_endpoint.");
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
        fmt::format("the proxy on the way to {} asks for a user and a password: HTTP 407", server),
        "Set HTTPS_PROXY (http_proxy for an http:// endpoint) to http://user:password@host:port, or name the "
        "bucket's host in no_proxy.");
  }
  const auto what = fmt::format("the proxy refused a connection to {}: HTTP {}", server, status);
  if (status == 408 || status == 429 || status >= 500) return Error::retry(what);
  return Error::permission(
      what, "Ask who runs the proxy to allow that host and port, or name the host in no_proxy.");
}

}  // namespace peo::source::s3
