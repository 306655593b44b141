// A TCP connection to a NATS server, in the clear at first, then with TLS. All waits are bounded, and a stop
// shortens them. Errors are Retry, unless it is TLS that can't work (nats_tls.hpp). One thread.
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

// How long the server may take for each thing that is asked of it.
constexpr std::chrono::milliseconds nats_timeout{2'000};

// The end of a wait. However many bytes come meanwhile, it stays; a stop moves it to at most a second from
// then.
class NatsDeadline {
 public:
  explicit NatsDeadline(const Cancellation& stop, std::chrono::milliseconds timeout = nats_timeout);
  // Until the socket is ready for POLLIN or POLLOUT; false: the time is over.
  bool wait(int socket, short events);

 private:
  const Cancellation& stop_;
  std::chrono::steady_clock::time_point until_;
  bool stopping_ = false;
};

class NatsSocket {
 public:
  // `server`: for errors. Name resolution and connecting have `nats_timeout` together.
  NatsSocket(std::string host, std::string port, std::string server, const Cancellation& stop);
  NatsSocket(const NatsSocket&) = delete;
  NatsSocket& operator=(const NatsSocket&) = delete;
  ~NatsSocket();

  void start_tls(const NatsOptions& options);
  void send(std::string_view bytes);
  // At least one byte, or nothing: the time is over. Throws when the server has closed the connection.
  std::string receive(NatsDeadline& deadline);
  std::string receive_now();  // what is there already; may be nothing

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
