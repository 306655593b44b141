// The variable SOURCE_EVENTS: where event notifications for new objects come from. An SQS queue,
// https://sqs.REGION.amazonaws.com/ACCOUNT/QUEUE (or sqs://, which is the same), or a NATS subject,
// nats://user:password@host:4222/SUBJECT.
#pragma once
#include <string>
#include <string_view>

#include "config/nats_settings.hpp"
#include "config/problems.hpp"

namespace peo::config {

struct EventsSettings {
  std::string queue_url;  // "https://host/account/name"; empty: NATS
  NatsSettings nats;
  std::string subject;  // may contain wildcards

  // No secrets.
  std::string display() const;
};

// Parses a non-empty text. Adds errors to `problems`, without any part of the text; the result is then
// invalid.
EventsSettings read_events(std::string_view text, Problems& problems);

}  // namespace peo::config
