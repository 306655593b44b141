// A small HTTP server on 127.0.0.1 that answers as a test tells it: with the faults that a real S3 server
// can't be asked to make. It knows nothing of S3; the answers are the test's.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace peo::test {

struct FakeRequest {
  std::string method;
  std::string target;                          // path and query, as they were sent
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body{};
};

struct FakeAnswer {
  int status = 200;
  std::map<std::string, std::string> headers;  // Content-Length is added
  std::string body;
  bool chunked = false;                    // instead of Content-Length
  std::optional<std::uint64_t> length{};   // what Content-Length says, where the body is another
  bool hang_up = false;                    // close without a word
  std::optional<std::size_t> cut_after;    // send so much of the body, then close
  std::optional<std::size_t> stall_after;  // send so much of the body, then nothing more
  std::chrono::milliseconds pause{};       // send the body byte by byte, with this pause after each
  std::chrono::milliseconds delay{};       // before the answer: the way to a bucket that is far away
};

class FakeS3 {
 public:
  using Handler = std::function<FakeAnswer(const FakeRequest&)>;

  // Called for each request, one at a time.
  explicit FakeS3(Handler handler);
  // In order; the last one again and again.
  explicit FakeS3(std::vector<FakeAnswer> script);
  FakeS3(const FakeS3&) = delete;
  FakeS3& operator=(const FakeS3&) = delete;
  ~FakeS3();

  int port() const;
  std::string endpoint() const;  // "http://127.0.0.1:port"
  std::vector<FakeRequest> requests() const;
  std::size_t connections() const;  // accepted so far

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace peo::test
