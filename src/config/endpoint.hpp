// The address of an S3 server, from bucket_endpoint in SOURCE.
#pragma once
#include <string>
#include <string_view>

namespace peo::config {

struct Endpoint {
  std::string url;      // "https://host" or "https://host:port"; empty when there is a problem
  std::string problem;  // what is wrong with it; contains no part of the value
};

// "http://…", "https://…" or a bare host[:port], which means https.
Endpoint read_endpoint(std::string_view text);

}  // namespace peo::config
