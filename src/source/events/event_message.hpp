// What a message of a queue or subject says: which prefixes of the bucket have news. A message comes from
// outside and may hold anything; it is a hint, so what can't be understood is passed over.
//
// Understood are event notifications of S3 (also in an envelope of SNS, or as EventBridge sends them) and of
// MinIO, and, where `Form::Text` is accepted, an object's key or a prefix as plain text. Pure functions;
// memory is bounded by the size of the message.
#pragma once
#include <set>
#include <string>
#include <string_view>

namespace peo::source {

// The part of a bucket that is read.
struct EventScope {
  std::string bucket;  // empty: a directory, which has no name
  std::string path;    // "" or with its closing "/"
};

struct EventHints {
  bool malformed = false;  // nothing in it is understood
  bool all = false;        // anything may be new
  // The first folders of the keys, two at most, below `path`: "dbo/orders/". Those of other buckets and
  // prefixes are left out.
  std::set<std::string> prefixes{};
  bool any() const { return all || !prefixes.empty(); }
};

enum class EventForm { Json, JsonOrText };
EventHints read_event(std::string_view message, const EventScope& scope, EventForm form);

// "a+b%2Fc" → "a b/c"; a broken escape stays as it is.
std::string form_decoded(std::string_view text);

}  // namespace peo::source
