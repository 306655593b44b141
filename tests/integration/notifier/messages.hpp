// What the notifier's tests share: messages, what arrived of them, and the loop around publish.
#pragma once
#include <chrono>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "notifier/notifier.hpp"
#include "support/nats_server.hpp"

namespace peo::notifier {

inline const std::string subject = "paper-engine.meta.orders.change";

// Places first, first + 1, …; the delivery of place 1 is 101.
inline std::vector<Message> some_messages(std::uint64_t first, std::uint64_t count, std::size_t padding = 0) {
  std::vector<Message> messages;
  for (auto i = first; i < first + count; ++i) {
    messages.push_back(
        {.delivery_id = i + 100,
         .position = i,
         .id = "6f1c3f6e-0000-4000-8000-000000000000-" + std::to_string(i + 100),
         .subject = subject,
         .payload = "{\"max_event_id\": " + std::to_string(i) + std::string(padding, ' ') + "}"});
  }
  return messages;
}

inline std::vector<std::string> positions(const std::vector<test::ReceivedMessage>& messages) {
  std::vector<std::string> list;
  list.reserve(messages.size());
  for (const auto& message : messages) list.push_back(message.headers.at("Paper-Engine-Outbox-Position"));
  return list;
}

inline std::vector<std::string> numbers(std::uint64_t first, std::uint64_t count) {
  std::vector<std::string> list;
  for (auto i = first; i < first + count; ++i) list.push_back(std::to_string(i));
  return list;
}

template <typename Action>
std::optional<Error> error_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

// What a loop around publish does: again while it says Retry.
inline void publish_at_last(Notifier& notifier, std::span<const Message> messages) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (true) {
    try {
      return notifier.publish(messages);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::Retry || std::chrono::steady_clock::now() > until)
        throw std::runtime_error(error.describe());
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
}

}  // namespace peo::notifier
