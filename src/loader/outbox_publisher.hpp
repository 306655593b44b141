// Step 7, notify: publishes the messages of the outbox in order. Each message is marked when it is
// acknowledged, even if a later one of its batch fails.
//
// An unavailable broker never stops loading. The messages stay in the outbox and are retried with back-off,
// at least every 30 seconds. The outage is logged once, and once more when it is over. Errors: those of the
// outbox. One thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "metrics/metrics.hpp"
#include "notifier/notifier.hpp"
#include "target/target.hpp"

namespace peo::loader {

class OutboxPublisher {
 public:
  // All must outlive this.
  OutboxPublisher(target::Outbox& outbox, notifier::Notifier& notifier, metrics::Metrics& metrics);

  // After the target was opened: counts unsent messages of earlier runs.
  void begin();
  // After a commit: publishes its messages, or all waiting ones.
  void publish(const std::vector<Message>& messages);
  // Publishes all waiting messages, if a retry is due (or `now`). False: some are still waiting.
  bool publish_waiting(bool now);

  std::uint64_t waiting() const { return waiting_; }
  double seconds() const { return seconds_; }  // spent in the last publish
  const std::optional<Error>& last_error() const { return last_error_; }

 private:
  bool send(const std::vector<Message>& messages);
  void mark_acknowledged();
  void failed(const Error& error);

  target::Outbox& outbox_;
  notifier::Notifier& notifier_;
  metrics::Metrics& metrics_;
  std::vector<Message> acknowledged_;  // but not marked yet
  std::uint64_t waiting_ = 0;
  double seconds_ = 0;
  std::optional<Error> last_error_;
  std::chrono::steady_clock::time_point next_try_{};
  std::chrono::milliseconds wait_{0};
};

}  // namespace peo::loader
