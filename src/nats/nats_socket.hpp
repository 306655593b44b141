// A TCP connection to a NATS server, in the clear at first, then with TLS. All waits are bounded, and a stop
// shortens them. Errors are Retry, except TLS configuration errors (nats_tls.hpp). One thread.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/cancellation.hpp"
#include "nats/nats_options.hpp"
#include "nats/nats_tls.hpp"

namespace peo::nats {

// The timeout of each request to the server.
constexpr std::chrono::milliseconds nats_timeout{2'000};

// The deadline of a wait. Received bytes don't extend it; a stop moves it to at most a second later.
class NatsDeadline {
 public:
  explicit NatsDeadline(const Cancellation& stop, std::chrono::milliseconds timeout = nats_timeout);
  // Waits until the socket is ready for POLLIN or POLLOUT; false after the deadline.
  bool wait(int socket, short events);

 private:
  const Cancellation& stop_;
  std::chrono::steady_clock::time_point until_;
  bool stopping_ = false;
};

class NatsSocket {
 public:
  // `server`: for errors. Name resolution and connect share `nats_timeout`.
  NatsSocket(std::string host, std::string port, std::string server, const Cancellation& stop);
  NatsSocket(const NatsSocket&) = delete;
  NatsSocket& operator=(const NatsSocket&) = delete;
  ~NatsSocket();

  void start_tls(const NatsOptions& options);
  void send(std::string_view bytes);
  // At least one byte, or nothing after the deadline. Throws when the server has closed the connection.
  std::string receive(NatsDeadline& deadline);
  std::string receive_now();  // without waiting; may be empty

 private:
  struct Handle;
  void send_raw(std::string_view bytes);
  std::optional<std::string> read_raw();  // nothing: not ready
  std::optional<std::string> read();

  std::string host_, server_;
  const Cancellation& stop_;
  std::unique_ptr<Handle> handle_;
  std::optional<NatsTls> tls_;
};

}  // namespace peo::nats
