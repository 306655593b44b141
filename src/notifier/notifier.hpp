// Notifier publishes what the outbox holds: one message a delivery, in the order of the deliveries.
//
// publish() comes back only after the broker has acknowledged every message of the span, in order; it throws
// when it can't say so of all of them, and the caller then repeats those that it wasn't told of. Repeating is
// safe: a message carries an id by which a stream drops what it has (within its duplicate window), and its
// place in the outbox, by which a subscriber sees a gap or a repeat. Errors: Retry while the broker is away,
// permission (77) when it refuses the user or the subject, configuration (78) for what can't work. One thread
// at a time.
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

  // To be called now and then while there is nothing to publish: answers what the broker asks meanwhile,
  // which otherwise closes the connection. Never throws.
  virtual void keep_alive() {}

  // For logs and errors: "NATS at 127.0.0.1:4222". No secrets.
  virtual std::string describe() const = 0;

  // Reaches the broker and says in one line what it found there for this subject; throws as publish does.
  // Publishes nothing.
  virtual std::string check(const std::string& subject) = 0;

 protected:
  virtual void send(std::span<const Message> messages, const Acknowledged& acknowledged) = 0;
};

// Throws a configuration error for what is no plain subject: empty tokens, wildcards, blanks, line breaks.
// The broker's protocol is lines of words, so such a subject would be another command.
void check_subject(const std::string& subject);

}  // namespace peo::notifier
