// Parses a message of a queue or subject: which prefixes of the bucket have new objects? Messages come from
// outside and may contain anything; they are only hints, so what can't be parsed is ignored.
//
// Supported are event notifications of S3 (also in an SNS envelope, or by EventBridge) and MinIO, and, with
// `EventForm::JsonOrText`, an object key or a prefix as plain text. Pure functions; memory is bounded by the
// size of the message.
#pragma once
#include <set>
#include <string>
#include <string_view>

namespace peo::source {

// The part of a bucket that is read.
struct EventScope {
  std::string bucket;  // empty: a directory, which has no name
  std::string path;    // "" or ends with "/"
};

struct EventHints {
  bool malformed = false;  // unknown format
  bool all = false;        // anything may be new
  // The first one or two levels of the keys under `path`: "dbo/orders/". Other buckets and prefixes are
  // ignored.
  std::set<std::string> prefixes{};
  bool any() const { return all || !prefixes.empty(); }
};

enum class EventForm { Json, JsonOrText };
EventHints read_event(std::string_view message, const EventScope& scope, EventForm form);

// "a+b%2Fc" → "a b/c"; an invalid escape stays unchanged.
std::string form_decoded(std::string_view text);

}  // namespace peo::source
