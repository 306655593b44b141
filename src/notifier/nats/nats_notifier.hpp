// Publishes to NATS. It connects when first needed and reconnects whenever the connection is lost, but never
// in the background: a server closes a connection that was idle for some minutes, and the next publish opens
// another. While no server can be reached, publish() throws Retry; nothing is buffered.
//
// If a JetStream stream captures the subject, messages are published one by one, each after the stream has
// acknowledged the previous one: this preserves the order in the stream whatever fails, and duplicates are
// dropped by their Nats-Msg-Id. Otherwise messages are published in windows, each confirmed by a flush. The
// stream is looked up for each connection and every minute. Only an explicit response that there is no
// JetStream or no such stream counts; without a response, as during a leader election, publish() throws
// Retry, because messages published without the stream would be missing there.
#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/cancellation.hpp"
#include "nats/nats_connection.hpp"
#include "notifier/notifier.hpp"

namespace peo::notifier {

class NatsNotifier : public Notifier {
 public:
  // Throws a configuration error for invalid options, key files or certificate files; doesn't connect yet.
  NatsNotifier(nats::NatsOptions options, const Cancellation& stop);

  void keep_alive() override;
  std::string describe() const override;
  std::string check(const std::string& subject) override;

  // How long the result of a stream lookup is cached.
  void set_stream_lookup_interval(std::chrono::milliseconds interval) { lookup_interval_ = interval; }

 protected:
  void send(std::span<const Message> messages, const Acknowledged& acknowledged) override;

 private:
  using Clock = std::chrono::steady_clock;
  enum class Found { Stream, NoStream, NoJetStream, Refused };
  struct Keeper {
    std::string stream;  // empty: none
    Clock::time_point asked{};
    bool known = false;    // looked up at least once by this object
    bool current = false;  // looked up on this connection
    bool refused = false;  // the user may not look it up
  };

  void connect();
  void send_on_connection(std::span<const Message> messages, const Acknowledged& acknowledged);
  void send_core(std::span<const Message> messages);
  // False when the stream no longer exists: the message was not stored.
  bool send_kept(const Message& message);
  void throw_if_stopped() const;
  const std::string& stream_of(const std::string& subject);
  Found look_up(const std::string& subject, std::string& stream);
  Found without_answer(const std::string& subject, nats::NatsReply::Kind kind);
  void learn(const std::string& subject, Keeper& keeper, Found found, const std::string& stream);

  nats::NatsOptions options_;
  const Cancellation& stop_;
  std::chrono::milliseconds lookup_interval_ = std::chrono::minutes(1);
  std::size_t next_server_ = 0;
  std::unique_ptr<nats::NatsConnection> connection_;
  std::map<std::string, Keeper> keepers_;  // by subject
  Clock::time_point began_{};
};

}  // namespace peo::notifier
