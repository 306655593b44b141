// The variable SOURCE_EVENTS: where the loader hears of new objects. A queue of SQS,
// https://sqs.REGION.amazonaws.com/ACCOUNT/QUEUE (or sqs://, which is the same), or a subject of NATS,
// nats://user:password@host:4222/SUBJECT.
#pragma once
#include <string>
#include <string_view>

#include "config/nats_settings.hpp"
#include "config/problems.hpp"

namespace peo::config {

struct EventsSettings {
  std::string queue_url;  // "https://host/account/name"; empty: it is NATS
  NatsSettings nats;
  std::string subject;  // may hold wildcards

  // No secrets.
  std::string display() const;
};

// Reads a text that is not empty. What is wrong goes to `problems`, without any part of the text; then the
// result is not to be used.
EventsSettings read_events(std::string_view text, Problems& problems);

}  // namespace peo::config
