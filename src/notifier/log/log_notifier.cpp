#include "notifier/log/log_notifier.hpp"

#include <fmt/format.h>

#include "base/log.hpp"

namespace peo::notifier {

std::string LogNotifier::check(const std::string& subject) {
  check_subject(subject);
  return fmt::format("Messages on {} are written to the log (NATS is empty).", subject);
}

void LogNotifier::send(std::span<const Message> messages, const Acknowledged& acknowledged) {
  for (const auto& message : messages) {
    log::info(LogFields{.delivery = message.delivery_id}, "Delivery {}: message on {}: {}",
              message.delivery_id, message.subject, message.payload);
  }
  acknowledged(messages);
}

}  // namespace peo::notifier
