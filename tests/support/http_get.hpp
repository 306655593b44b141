// One HTTP request for tests. Throws std::runtime_error when no answer comes.
#pragma once
#include <chrono>
#include <map>
#include <string>

namespace peo::test {

struct HttpAnswer {
  long status = 0;
  std::map<std::string, std::string> headers;  // names in small letters
  std::string body;
};

// `method` GET, HEAD, or another one; `body` goes with those that carry one.
HttpAnswer http_get(const std::string& url, const std::string& method = "GET", const std::string& body = {},
                    std::chrono::milliseconds timeout = std::chrono::seconds(20));

}  // namespace peo::test
