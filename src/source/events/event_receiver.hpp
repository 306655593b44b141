// Receives events in its own thread and keeps their prefixes until the loader lists them. A lost, duplicate
// or late event costs time, never data: due files are found by listing.
//
// It receives between begin() and end(). After a failure it retries with back-off, logs that once, and
// available() is false; after a (re)connect all prefixes count as changed, since events may have been missed.
// It keeps at most 1,000 prefixes; with more, all count as changed. At most 1,000 messages are
// unacknowledged; they are removed from their queue only after listed(). begin() and end() must be called
// from one thread, all others from any.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "source/events/event_channel.hpp"

namespace peo::source {

enum class EventResult { Hint, Ignored, Malformed };

struct EventReceiverOptions {
  EventScope scope;
  // Called from the receiving thread for each message, and when availability changes.
  std::function<void(EventResult)> on_event;
  std::function<void(bool available)> on_available;
  std::string without;  // for the log: "polling every 15 to 30 s" while there are no events
  std::chrono::milliseconds longest_wait{20'000};  // SQS's limit for one request
  std::chrono::milliseconds first_delay{1'000}, longest_delay{60'000};
};

class EventReceiver {
 public:
  // `stop` must outlive this.
  EventReceiver(std::unique_ptr<EventChannel> channel, EventReceiverOptions options,
                const Cancellation& stop);
  ~EventReceiver();
  EventReceiver(const EventReceiver&) = delete;
  EventReceiver& operator=(const EventReceiver&) = delete;

  void begin();  // idempotent
  void end();

  std::string describe() const { return channel_->describe(); }
  bool available() const { return available_; }

  // Waits until there are hints, available() changes, a stop is requested, or `time` is reached.
  void wait_until(std::chrono::steady_clock::time_point time);
  bool has_hints() const;
  // Returns the hints and clears them.
  EventHints take();
  // The prefixes returned by take() have been listed: their messages may be removed.
  void listed();

 private:
  void work();
  void receive();
  void message(std::string_view body, std::string receipt);
  void remove_listed();
  void succeeded();
  void failed(const Error& error);
  void wake();
  void sleep_for(std::chrono::milliseconds time);
  std::size_t receipts_out() const { return received_.size() + taken_.size() + to_remove_.size(); }

  std::unique_ptr<EventChannel> channel_;
  EventReceiverOptions options_;
  const Cancellation& stop_;
  int wake_fd_;
  std::atomic<bool> ended_{true};
  std::atomic<bool> available_{false};
  std::thread thread_;

  mutable std::mutex mutex_;  // guards all members below except the last four
  std::condition_variable changed_;
  EventHints hints_;
  std::vector<std::string> received_, taken_, to_remove_;  // receipts

  // Owned by the receiving thread:
  bool known_ = false;  // whether events can be received
  bool malformed_logged_ = false;
  std::chrono::milliseconds delay_{};
  std::minstd_rand random_;
};

}  // namespace peo::source
