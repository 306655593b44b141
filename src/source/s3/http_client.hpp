// An HTTP/1.1 client with pull-based responses: nothing runs in the background; a body is received while it
// is read, so a slow reader slows the server down instead of filling memory.
//
// A connection is reused after its response was read to the end. Any thread may call `send`; each response is
// read by one thread. Failures of the network and of a proxy are peo::Error (Retry if transient); a status
// other than 2xx is not a failure here. Redirects are never followed: a request signed for one host is not
// sent to another.
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
  // No byte arrived during this waiting time, or fewer than 1,000 per second.
  std::chrono::milliseconds stall_timeout{60'000};
  std::size_t buffer = 512UL * 1024;  // bytes received ahead of the reader, about
  bool proxy = true;                  // as set in the environment (https_proxy, no_proxy); false: never
  // Waits end with a Retry when a stop was requested longer ago than this.
  const Cancellation* stop = nullptr;
  std::chrono::milliseconds stop_grace{2'000};
};

struct HttpRequest {
  std::string url;
  std::map<std::string, std::string> headers;
  std::string method = "GET";
  std::string body{};  // for methods other than GET
  // While true, waits for the response end with a Retry within a second. Null, or outlives the response.
  const std::atomic<bool>* given_up = nullptr;
};

class HttpAnswer : public ByteStream {
 public:
  virtual int status() const = 0;
  // "" when there is none. Names are lower case.
  virtual std::string header(const std::string& name) const = 0;
  // Reads the rest of the body, at most `limit` bytes.
  std::string read_text(std::size_t limit);
};

class HttpClient {
 public:
  explicit HttpClient(HttpOptions options);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  // Returns after the status and the headers were received. The response may outlive the client.
  std::unique_ptr<HttpAnswer> send(const HttpRequest& request);

  struct Pool;

 private:
  std::shared_ptr<Pool> pool_;
};

}  // namespace peo::source::s3
