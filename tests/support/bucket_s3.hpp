// A bucket behind the S3 protocol, in memory: lists and gives objects as S3 does, with ranges and If-Match,
// and with the faults that a test asks for. It checks no signatures; SwiftServer does.
//
//   BucketS3 s3;
//   s3.put("data/dbo/orders/LOAD00000001.csv.gz", gzipped("1,a\n"));
//   s3.on_request([](const FakeRequest& request) -> std::optional<FakeAnswer> { … });
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "support/fake_s3.hpp"

namespace peo::test {

class BucketS3 {
 public:
  BucketS3();

  void put(const std::string& key, const std::string& bytes);
  // Asked before each answer; `usual` is what would be answered. None: that. Not to call back into this.
  using Fault = std::function<std::optional<FakeAnswer>(const FakeRequest& request, const FakeAnswer& usual)>;
  void on_request(Fault fault);

  int port() const { return server_.port(); }
  // What SOURCE must say to read it, through a gate's port if one is given.
  std::string source(int port = 0) const;

 private:
  struct Object {
    std::string bytes, etag, last_modified;
  };
  FakeAnswer answer(const FakeRequest& request);
  FakeAnswer list(const std::map<std::string, std::string>& query) const;
  FakeAnswer get(const std::string& key, const FakeRequest& request) const;

  std::mutex mutex_;
  std::map<std::string, Object> objects_;
  Fault fault_;
  FakeS3 server_;  // the last: it calls answer()
};

// Of a request's target: its parameters, decoded.
std::map<std::string, std::string> query_of(std::string_view text);

// As S3 says it.
FakeAnswer s3_error(int status, const std::string& code, const std::string& message);

}  // namespace peo::test
