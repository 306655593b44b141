// A NATS server that answers what a test tells it, on a free port of 127.0.0.1; for what a real one never
// does.
//
//   FakeNats server([](FakeNatsConnection& client) {
//     client.write("INFO {\"headers\":true}\r\n");
//     while (const auto command = client.next()) if (command->name == "PING") client.write("PONG\r\n");
//   });
#pragma once
#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace peo::test {

struct FakeNatsCommand {
  std::string name;                     // CONNECT, PING, PONG, SUB, PUB, HPUB
  std::string subject, reply, payload;  // of PUB and HPUB; with headers
};

class FakeNatsConnection {
 public:
  explicit FakeNatsConnection(int fd) : fd_(fd) {}
  std::optional<FakeNatsCommand> next();  // nothing: the client is gone
  bool write(std::string_view bytes) const;

 private:
  bool read_more();
  int fd_;
  std::string bytes_;
};

class FakeNats {
 public:
  // The script runs for each connection, one after the other; the connection ends with it.
  explicit FakeNats(std::function<void(FakeNatsConnection&)> script);
  FakeNats(const FakeNats&) = delete;
  FakeNats& operator=(const FakeNats&) = delete;
  ~FakeNats();

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void serve();

  std::function<void(FakeNatsConnection&)> script_;
  int listener_ = -1;
  std::atomic<int> client_ = -1;
  std::atomic<bool> ended_ = false;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace peo::test
