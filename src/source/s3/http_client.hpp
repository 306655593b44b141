// HTTP/1.1, with answers that are pulled: nothing runs in the background; a body is received while
// its reader asks for it, so a slow reader slows the server down instead of filling memory.
//
// Connections are kept and used again after an answer that was read to its end. Any thread may call `send`;
// each answer is read by one thread. Failures of the network and of a proxy are peo::Error (Retry for what
// may pass); a status that isn't 2xx is not a failure here. Redirects are never followed: what was signed for
// one host is not shown to another.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_stream.hpp"
#include "base/cancellation.hpp"

namespace peo::source::s3 {

struct HttpOptions {
  std::string ca_bundle;  // a file of certificates to trust instead of the system's; "" for the system's
  std::chrono::milliseconds connect_timeout{10'000};
  // No byte arrived for so long while somebody waited for it, or fewer than 1,000 a second in that time.
  std::chrono::milliseconds stall_timeout{60'000};
  std::size_t buffer = 512UL * 1024;  // bytes received ahead of the reader, about
  bool proxy = true;                  // as the environment says (https_proxy, no_proxy); false: never
  // Waits end with a Retry when a stop was asked for longer ago than this.
  const Cancellation* stop = nullptr;
  std::chrono::milliseconds stop_grace{2'000};
};

struct HttpRequest {
  std::string url;
  std::map<std::string, std::string> headers;
  std::string method = "GET";
  std::string body{};  // for another method than GET
  // Waits for the answer end with a Retry within a second when it is true. Null, or outlives the answer.
  const std::atomic<bool>* given_up = nullptr;
};

class HttpAnswer : public ByteStream {
 public:
  virtual int status() const = 0;
  // "" when there is none. Names in lower case.
  virtual std::string header(const std::string& name) const = 0;
  // The rest of the body, at most `limit` bytes of it.
  std::string read_text(std::size_t limit);
};

class HttpClient {
 public:
  explicit HttpClient(HttpOptions options);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  // Returns when the status and the headers are there. The answer may outlive the client.
  std::unique_ptr<HttpAnswer> send(const HttpRequest& request);

  struct Pool;

 private:
  std::shared_ptr<Pool> pool_;
};

}  // namespace peo::source::s3
