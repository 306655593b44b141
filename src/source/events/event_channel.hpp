// A source of events: an SQS queue or a NATS subject. One thread at a time. Errors: peo::Error.
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

  // For logs and errors: "SQS queue https://…", "NATS subject bucket.events at host:4222". No secrets.
  virtual std::string describe() const = 0;
  virtual EventForm form() const = 0;

  // `receipt`: for remove(); empty: the message needn't be removed.
  using Take = std::function<void(std::string_view message, std::string receipt)>;
  // Connects if necessary, and waits for messages, at most `wait`. Returns soon after `ended` is set.
  virtual void receive(std::chrono::milliseconds wait, const Take& take, const std::atomic<bool>& ended) = 0;
  virtual void remove(const std::vector<std::string>& /*receipts*/) {}
  virtual void close() {}  // receiving stops, at least temporarily

  // Checks what a run needs without changing anything. Returns one sentence per result; throws on failure.
  virtual std::vector<std::string> check() = 0;
};

}  // namespace peo::source
