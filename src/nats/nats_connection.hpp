// One connection to one NATS server, never repaired: what is lost is opened anew by whoever needs it. So
// nothing is ever buffered for a server that is away, and nothing known of one server is believed of the
// next.
//
// The client side of the protocol is ours, not libnats': the version that Debian has (3.4) adds a message's
// size to an int without a check, so that one line of a broken or hostile server (MSG a 1 2147483647) ends
// the process, and with it the loading that must go on whatever the broker does. A guard in front of the
// library would have to read the same lines, behind TLS; a process for it would need a protocol of its own.
// The few operations that publishing takes are less than either, and give what the library keeps to itself:
// whether the server has JetStream.
//
// Errors are peo::Error in words of our own; what a server says is shown shortened and escaped. One thread.
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

// Of a message: name and value, without line breaks.
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

  // Reads what the server has sent meanwhile, answers it, and tells whether the connection still stands.
  bool connected();

  // Sent, but not acknowledged: see flush().
  void publish(const std::string& subject, const NatsHeaders& headers, std::string_view payload);
  // Comes back when the server has handled everything before; refused() then says what it thought of it.
  void flush();
  // Publishes, and waits for one answer.
  NatsReply request(const std::string& subject, const NatsHeaders& headers, std::string_view payload);
  // Whether nobody receives what is published on a subject that nobody can know. If somebody does, he
  // subscribes to everything, and a request without an answer doesn't prove that there is a service.
  bool somebody_hears_everything();

  // Whether the server has refused, since the last request, to publish on this subject, or anything at all.
  bool refused(const std::string& subject) const;
  bool refused_anything() const { return inbox_refused_ || !refusal_.empty(); }

  // From now on, what is published on `subject` (which may hold wildcards) is given to `on_message`, from
  // whichever function reads it. Throws what the server refuses.
  using OnMessage = std::function<void(std::string_view payload)>;
  void subscribe(const std::string& subject, OnMessage on_message);
  // Waits for messages and answers what the server asks meanwhile, for `time`.
  void listen(std::chrono::milliseconds time);

  // Tries it, and nobody receives anything.
  enum class MayPublish { Yes, No, Unknown };
  MayPublish may_publish(const std::string& subject);

  Error refusal(const std::string& subject) const;

 private:
  void log_in(const NatsOptions& options);
  void start_tls(const NatsOptions& options);
  std::string connect_line(const NatsOptions& options) const;
  void write(const std::string& subject, const std::string& reply, const NatsHeaders& headers,
             std::string_view payload);
  std::optional<NatsOperation> read(NatsDeadline& deadline);  // nothing: the time is over
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
  std::string refusal_;         // the server's last word about a permission
  bool inbox_refused_ = false;  // no answer can arrive
  OnMessage on_message_;
};

// "host:port" of a server as it stands in the options.
std::string address_of(const std::string& server);

}  // namespace peo::nats
