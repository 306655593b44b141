// AWS Signature Version 4, for S3 and SQS: pure functions, no clock, no socket.
//
// libcurl's signer signs the bytes of a URL unchanged; S3 requires a canonical form. So the canonical path
// and query are built here once, and the caller builds the URL from the same strings.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/object.hpp"

namespace peo::source::s3 {

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // "" for long-term keys
  bool anonymous() const { return access_key_id.empty() && secret_access_key.empty(); }
  friend bool operator==(const Credentials&, const Credentials&) = default;
};

using Query = std::vector<std::pair<std::string, std::string>>;  // not yet encoded
using Headers = std::map<std::string, std::string>;              // names in lower case

// SHA-256 of the empty string: the payload hash of every GET.
extern const std::string_view empty_payload_hash;
std::string payload_hash_of(std::string_view body);

// Percent-encoding as S3 requires it: all but A-Z a-z 0-9 - . _ ~, with uppercase hexadecimal digits.
std::string uri_encoded(std::string_view text, bool keep_slash = false);
// Encoded, sorted by name, then by value.
std::string canonical_query(const Query& query);

// The request to sign. `path` and `query` are already encoded. All headers are signed; "host" is required.
struct Signable {
  std::string method = "GET";
  std::string path;
  std::string query;
  Headers headers;
  std::string payload_hash = std::string(empty_payload_hash);
  std::string service = "s3";
};

std::string canonical_request(const Signable& request);
// "20130524T000000Z"
std::string amz_date(Time time);
std::string string_to_sign(const Signable& request, Time time, const std::string& region);
// 64 hexadecimal digits.
std::string signature(const Signable& request, Time time, const std::string& region,
                      const std::string& secret_access_key);

// Adds x-amz-date, x-amz-content-sha256, x-amz-security-token (if there is one) and authorization to the
// request's headers. Does nothing for anonymous credentials.
void sign(Signable& request, Time time, const std::string& region, const Credentials& credentials);

}  // namespace peo::source::s3
