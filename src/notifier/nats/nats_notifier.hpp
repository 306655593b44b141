// Publishes to NATS. It connects when first needed, and again whenever the connection is gone: for ever, but
// never in the background: a server closes a connection that was idle for some minutes, and the next publish
// opens another. While no server can be reached, publish() throws Retry; nothing is buffered.
//
// A subject that a JetStream stream keeps is published one message after the other, each only after the
// stream has acknowledged the one before: so the order in the stream is ours whatever fails, and a repeat is
// dropped by its Nats-Msg-Id. Any other subject is published in windows, each confirmed by a flush. Which of
// the two holds is asked of the server for each connection and every minute. Only the server's own word that
// there is no JetStream or no such stream is believed; while it says nothing, as during the election of a
// leader, publish() throws Retry, because what is published past a stream would be missing there.
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
  // Throws a configuration error for options that can't work, and for a file of a key or certificate that is
  // wrong; connects to nothing yet.
  NatsNotifier(nats::NatsOptions options, const Cancellation& stop);

  void keep_alive() override;
  std::string describe() const override;
  std::string check(const std::string& subject) override;

  // How long an answer about a subject's stream is believed.
  void set_stream_lookup_interval(std::chrono::milliseconds interval) { lookup_interval_ = interval; }

 protected:
  void send(std::span<const Message> messages, const Acknowledged& acknowledged) override;

 private:
  using Clock = std::chrono::steady_clock;
  enum class Found { Stream, NoStream, NoJetStream, Refused };
  struct Keeper {
    std::string stream;  // empty: none
    Clock::time_point asked{};
    bool known = false;    // asked at least once since this object lives
    bool current = false;  // asked on this connection
    bool refused = false;  // the user may not ask
  };

  void connect();
  void send_on_connection(std::span<const Message> messages, const Acknowledged& acknowledged);
  void send_core(std::span<const Message> messages);
  // False when there is no stream any more: nothing has been kept.
  bool send_kept(const Message& message);
  void give_up_when_stopped() const;
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
