// Step 7, notify: the outbox → the notifier, in order, each message marked when it is acknowledged, also when
// a later one of its batch fails.
//
// A broker that is unavailable never stops loading. The messages stay in the outbox and are retried less and
// less often (up to every 30 seconds). The outage is logged once, and once more when it is over. Errors:
// those of the outbox. One thread.
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

  // After the target was opened: counts what an earlier run, or a crash, has left.
  void begin();
  // After a commit: publishes its messages, or everything that waits.
  void publish(const std::vector<Message>& messages);
  // Publishes everything that waits, if a retry is due (or `now`). False: something still waits.
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
  std::vector<Message> acknowledged_;  // and not marked yet
  std::uint64_t waiting_ = 0;
  double seconds_ = 0;
  std::optional<Error> last_error_;
  std::chrono::steady_clock::time_point next_try_{};
  std::chrono::milliseconds wait_{0};
};

}  // namespace peo::loader
