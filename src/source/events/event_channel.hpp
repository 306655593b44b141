// Where events come from: a queue of SQS, a subject of NATS. One thread at a time. Errors: peo::Error.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "source/events/event_message.hpp"

namespace peo::source {

class EventChannel {
 public:
  EventChannel() = default;
  EventChannel(const EventChannel&) = delete;
  EventChannel& operator=(const EventChannel&) = delete;
  virtual ~EventChannel() = default;

  // For logs and errors: "the queue https://…", "subject bucket.events of NATS at host:4222". No secrets.
  virtual std::string describe() const = 0;
  virtual EventForm form() const = 0;

  // `receipt`: what remove() takes; empty: it needn't be removed.
  using Take = std::function<void(std::string_view message, std::string receipt)>;
  // Connects if it isn't connected, and waits until messages come, at most `wait`. Ends soon when `ended`.
  virtual void receive(std::chrono::milliseconds wait, const Take& take, const std::atomic<bool>& ended) = 0;
  virtual void remove(const std::vector<std::string>& /*receipts*/) {}
  virtual void close() {}  // it isn't received any more, for now

  // Tries what a run needs, changes nothing, and tells what it found, a sentence each. Throws what is wrong.
  virtual std::vector<std::string> check() = 0;
};

}  // namespace peo::source
