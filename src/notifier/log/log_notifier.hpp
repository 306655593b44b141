// The notifier for an empty NATS: writes messages to the log, where users can see what would be published.
#pragma once
#include <span>
#include <string>

#include "notifier/notifier.hpp"

namespace peo::notifier {

class LogNotifier : public Notifier {
 public:
  std::string describe() const override { return "the log"; }
  std::string check(const std::string& subject) override;

 protected:
  void send(std::span<const Message> messages, const Acknowledged& acknowledged) override;
};

}  // namespace peo::notifier
