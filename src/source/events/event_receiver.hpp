// Receives events in a thread of its own and keeps what they hint at until the loader lists it. An event that
// is lost, comes twice or late costs time, never data: what is due is found by listing.
//
// Between begin() and end() it receives. While it can't, it tries again with back-off, says so once, and
// available() is false; when it can (again), everything counts as news, since events may have been missed. At
// most 1,000 prefixes are kept, beyond that everything counts as news; and at most 1,000 messages are out,
// which are removed from their queue only after listed(). Any thread may call anything but begin() and end(),
// which are one thread's.
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
  // Called for each message, and when events can or can't be received; from the thread that receives.
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

  void begin();  // again is the same as once
  void end();

  std::string describe() const { return channel_->describe(); }
  bool available() const { return available_; }

  // Until there are hints, available() changes, a stop is asked for, or the time is over.
  void wait_until(std::chrono::steady_clock::time_point time);
  bool has_hints() const;
  // What there is news of, once.
  EventHints take();
  // What was taken has been listed: its messages may go.
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

  mutable std::mutex mutex_;  // guards all below but the last four
  std::condition_variable changed_;
  EventHints hints_;
  std::vector<std::string> received_, taken_, to_remove_;  // receipts

  // Of the thread that receives:
  bool known_ = false;  // whether events can be received
  bool malformed_logged_ = false;
  std::chrono::milliseconds delay_{};
  std::minstd_rand random_;
};

}  // namespace peo::source
