// A real S3 server of a test's own: OpenStack Swift with its S3 interface, on free ports of 127.0.0.1, with
// its data in a directory that goes with it. It checks signatures for real.
//
// It takes some seconds to start: share one in a program (`SwiftServer::shared()`), and give each test a
// bucket. Objects are put through Swift's own interface, so nothing of ours is between a test and its data.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace peo::test {

class SwiftServer {
 public:
  // Returns when it serves. Throws with what its servers said when it doesn't, or isn't installed.
  SwiftServer();
  SwiftServer(const SwiftServer&) = delete;
  SwiftServer& operator=(const SwiftServer&) = delete;
  ~SwiftServer();  // ends all its processes

  // Started at the first call, ended with the program.
  static SwiftServer& shared();

  std::string endpoint() const;  // "http://127.0.0.1:port"
  static constexpr std::string_view access_key_id = "test:tester";
  static constexpr std::string_view secret_access_key = "testing-secret";
  static constexpr std::string_view region = "us-east-1";

  void make_bucket(const std::string& bucket);
  void put(const std::string& bucket, const std::string& key, const std::string& bytes);
  void remove(const std::string& bucket, const std::string& key);

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace peo::test
