// One connection to one NATS server, which never reconnects: its user opens a new one when needed. So nothing
// is buffered for an unavailable server, and knowledge about one server is not applied to the next.
//
// This is our own implementation of the client protocol instead of libnats, because Debian's version (3.4)
// adds a message's size to an int without a check: a single line of a broken or hostile server (MSG a 1
// 2147483647) would crash the process, and loading must continue whatever the broker does. A filter in front
// of the library would have to parse the same lines, inside TLS; a separate process would need its own
// protocol. The few operations that publishing needs are simpler than both, and reveal what the library
// hides: whether the server has JetStream.
//
// Errors are peo::Error with our own texts; text from a server is shown shortened and escaped. One thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "nats/nats_credentials.hpp"
#include "nats/nats_options.hpp"
#include "nats/nats_protocol.hpp"
#include "nats/nats_socket.hpp"

namespace peo::nats {

// Headers of a message: name and value, without line breaks.
using NatsHeaders = std::vector<std::pair<std::string, std::string>>;

struct NatsReply {
  enum class Kind { Answer, NoResponders, Timeout };
  Kind kind = Kind::Timeout;
  std::string payload{};  // of an Answer
};

class NatsConnection {
 public:
  // Connects to `server` and logs in.
  NatsConnection(const NatsOptions& options, const std::string& server, const Cancellation& stop);

  const std::string& server() const { return server_; }
  const NatsServerInfo& info() const { return info_; }

  // Processes what the server has sent meanwhile, and returns whether the connection is still open.
  bool connected();

  // Sent, but not acknowledged: see flush().
  void publish(const std::string& subject, const NatsHeaders& headers, std::string_view payload);
  // Returns when the server has handled everything before; refused() then returns the result.
  void flush();
  // Publishes, and waits for one response.
  NatsReply request(const std::string& subject, const NatsHeaders& headers, std::string_view payload);
  // Whether there is a subscriber to an unguessable subject, that is, to everything. With such a subscriber,
  // a request without a response doesn't show whether there is a service.
  bool has_wildcard_subscriber();

  // Whether the server has refused, since the last request, to publish on this subject, or anything at all.
  bool refused(const std::string& subject) const;
  bool refused_anything() const { return inbox_refused_ || !refusal_.empty(); }

  // Passes all further messages on `subject` (which may contain wildcards) to `on_message`, called from
  // whichever function reads them. Throws if the server refuses.
  using OnMessage = std::function<void(std::string_view payload)>;
  void subscribe(const std::string& subject, OnMessage on_message);
  // Waits for messages and responds to the server's pings, for `time`.
  void listen(std::chrono::milliseconds time);

  // Tries it, without delivering a message to anybody.
  enum class MayPublish { Yes, No, Unknown };
  MayPublish may_publish(const std::string& subject);

  Error refusal(const std::string& subject) const;

 private:
  void log_in(const NatsOptions& options);
  void start_tls(const NatsOptions& options);
  std::string connect_line(const NatsOptions& options) const;
  void write(const std::string& subject, const std::string& reply, const NatsHeaders& headers,
             std::string_view payload);
  std::optional<NatsOperation> read(NatsDeadline& deadline);  // nothing after the deadline
  void handle(const NatsOperation& operation);
  [[noreturn]] void fail(const std::string& server_says) const;
  std::optional<NatsOperation> parse();
  void handle_received();
  void send(std::string_view bytes);
  std::uint64_t ping();
  void wait_for_pong();

  std::string who_, server_;  // "NATS at host:port", "host:port"
  std::string setting_;
  const Cancellation& stop_;
  NatsSocket socket_;
  NatsParser parser_;
  NatsServerInfo info_;
  std::string inbox_;  // "_INBOX.<random>."
  std::uint64_t requests_ = 0, pings_ = 0, pongs_ = 0;
  std::string refusal_;         // the server's last permission error
  bool inbox_refused_ = false;  // no response can arrive
  OnMessage on_message_;
};

// "host:port" of a server in the options.
std::string address_of(const std::string& server);

}  // namespace peo::nats
