// Events from a NATS subject: those that MinIO publishes for a bucket, or your own (a key or a prefix as
// text). NATS doesn't keep messages for offline subscribers, so EventReceiver treats everything as changed
// after each connect. Errors: peo::Error.
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "base/cancellation.hpp"
#include "nats/nats_connection.hpp"
#include "source/events/event_channel.hpp"

namespace peo::source {

class NatsSubject final : public EventChannel {
 public:
  // `subject` may contain wildcards. `stop` must outlive this.
  NatsSubject(nats::NatsOptions options, std::string subject, const Cancellation& stop);

  std::string describe() const override;
  EventForm form() const override { return EventForm::JsonOrText; }
  void receive(std::chrono::milliseconds wait, const Take& take, const std::atomic<bool>& ended) override;
  void close() override { connection_.reset(); }
  std::vector<std::string> check() override;

 private:
  void connect();

  nats::NatsOptions options_;
  std::string subject_;
  const Cancellation& stop_;
  std::size_t next_server_ = 0;
  const Take* take_ = nullptr;  // while receive() runs
  std::unique_ptr<nats::NatsConnection> connection_;
};

}  // namespace peo::source
