// Notifier publishes the messages of the outbox: one message per delivery, in the order of the deliveries.
//
// publish() returns after the broker has acknowledged every message of the span, in order. If it can't
// confirm all of them, it throws, and the caller repeats the unconfirmed ones. Repeating is safe: a message
// has an id by which a stream drops duplicates (within its duplicate window), and its position in the outbox,
// by which a subscriber detects gaps and duplicates. Errors: Retry while the broker is unavailable,
// permission (77) when it refuses the user or the subject, configuration (78) for invalid settings. One
// thread at a time.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "base/message.hpp"

namespace peo::notifier {

// Called with the messages that the broker has acknowledged since the last call: together, from the first on.
using Acknowledged = std::function<void(std::span<const Message>)>;

class Notifier {
 public:
  Notifier() = default;
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;
  virtual ~Notifier() = default;

  // Sends, and logs "Delivery 26: messages published." for each message that is acknowledged. An empty span
  // does nothing.
  void publish(std::span<const Message> messages, const Acknowledged& acknowledged = {});

  // Call now and then while there is nothing to publish: responds to the broker's pings, without which it
  // closes the connection. Never throws.
  virtual void keep_alive() {}

  // For logs and errors: "NATS at 127.0.0.1:4222". No secrets.
  virtual std::string describe() const = 0;

  // Connects to the broker and returns one line about this subject there; throws as publish does. Publishes
  // nothing.
  virtual std::string check(const std::string& subject) = 0;

 protected:
  virtual void send(std::span<const Message> messages, const Acknowledged& acknowledged) = 0;
};

// Throws a configuration error for an invalid subject: empty tokens, wildcards, spaces, line breaks. The
// broker's protocol consists of lines of words, so such a subject could inject a command.
void check_subject(const std::string& subject);

}  // namespace peo::notifier
