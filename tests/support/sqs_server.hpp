// A server that speaks Amazon SQS's protocol (fauxqs, from npm), on a free port of 127.0.0.1. It ends with
// the object. It checks no signatures.
//
//   const auto missing = SqsServer::missing();
//   if (!missing.empty()) GTEST_SKIP() << missing;
//   SqsServer server;
#pragma once
#include <memory>
#include <string>

#include "support/process.hpp"

namespace peo::test {

class SqsServer {
 public:
  // Why it can't be run here; "": it can. Installs it, once.
  static std::string missing();

  SqsServer();
  void start();
  void kill();

  const std::string& queue() const { return queue_; }  // its URL, for SOURCE_EVENTS
  void send(const std::string& body);
  // Messages that are in the queue, received or not, until they are removed.
  int messages();

 private:
  std::string call(const std::string& action, const std::string& body);

  int port_;
  std::string queue_;
  std::unique_ptr<Process> process_;
};

}  // namespace peo::test
