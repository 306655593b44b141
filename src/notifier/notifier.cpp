#include "notifier/notifier.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/log.hpp"

namespace peo::notifier {
namespace {

constexpr std::size_t longest_subject = 200;

bool plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f && c != '*' && c != '>';
}

// The id is sent as a header line.
void check_id(const Message& message) {
  if (message.id.empty() || !std::all_of(message.id.begin(), message.id.end(), plain)) {
    throw Error::internal(
        fmt::format("the message id \"{}\" is not a valid header value", shortened(message.id)));
  }
}

}  // namespace

void check_subject(const std::string& subject) {
  const bool good = !subject.empty() && subject.size() <= longest_subject && subject.front() != '.' &&
                    subject.back() != '.' && subject.find("..") == std::string::npos &&
                    std::all_of(subject.begin(), subject.end(), plain);
  if (good) return;
  throw Error::configuration(
      fmt::format("\"{}\" is not a subject that can be published on", shortened(subject)),
      fmt::format("Use tokens separated by dots, without spaces, *, > and line breaks, at most {} bytes.",
                  longest_subject))
      .at(Step::Notify);
}

void Notifier::publish(std::span<const Message> messages, const Acknowledged& acknowledged) {
  if (messages.empty()) return;
  try {
    for (const auto& message : messages) {
      check_subject(message.subject);
      check_id(message);
    }
    send(messages, [&](std::span<const Message> some) {
      for (const auto& message : some)
        log::info(LogFields{.delivery = message.delivery_id}, "Delivery {}: messages published.",
                  message.delivery_id);
      if (acknowledged) acknowledged(some);
    });
  } catch (Error& error) {
    error.at(Step::Notify);
    throw;
  }
}

}  // namespace peo::notifier
