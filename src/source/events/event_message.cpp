#include "source/events/event_message.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

namespace peo::source {
namespace {

using nlohmann::json;

constexpr int most_envelopes = 3;          // EventBridge via SNS has two
constexpr std::size_t deepest = 32;        // levels of an array or object
constexpr std::size_t longest_key = 4096;  // bytes; S3 allows 1,024

// Without this limit, parsing one megabyte of "[" would take a hundred megabytes.
bool is_shallow(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > deepest) return false;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return true;
}

std::string text_in(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>()
                                                                           : std::string();
}

const json& part_of(const json& object, const char* name) {
  static const json none;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() ? *found : none;
}

std::optional<unsigned> hexadecimal_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::nullopt;
}

class Reader {
 public:
  explicit Reader(const EventScope& scope) : scope_(scope) {}

  EventHints hints;

  // False: unknown format.
  bool envelope(std::string_view text, int depth) {
    if (depth > most_envelopes || !is_shallow(text)) return false;
    const auto message = json::parse(text, nullptr, false);
    if (!message.is_object()) return false;
    if (part_of(message, "Records").is_array() && !message["Records"].empty()) return records(message);
    if (text_in(message, "Event") == "s3:TestEvent") return true;
    if (text_in(message, "Type") == "Notification") return envelope(text_in(message, "Message"), depth + 1);
    if (part_of(message, "detail").is_object()) return event_bridge(message);
    return min_io(message);
  }

  void text(std::string_view key) {
    if (key.starts_with(scope_.path)) key.remove_prefix(scope_.path.size());
    const auto prefixes = folders_of(key);
    // A name without "/" may be that of a schema.
    prefixes.empty() ? void(hints.all = true) : void(hints.prefixes.insert(prefixes));
  }

 private:
  bool records(const json& message) {
    bool understood = false;
    for (const auto& record : message["Records"]) {
      const auto& s3 = part_of(record, "s3");
      const auto key = text_in(part_of(s3, "object"), "key");
      if (key.empty()) continue;
      understood = true;
      if (is_creation(text_in(record, "eventName")))
        object(text_in(part_of(s3, "bucket"), "name"), form_decoded(key));
    }
    return understood;
  }

  // Keys in EventBridge events aren't URL-encoded.
  bool event_bridge(const json& message) {
    const auto& detail = message["detail"];
    const auto key = text_in(part_of(detail, "object"), "key");
    if (key.empty() || text_in(message, "source") != "aws.s3") return false;
    if (text_in(message, "detail-type") == "Object Created")
      object(text_in(part_of(detail, "bucket"), "name"), key);
    return true;
  }

  // {"EventName": …, "Key": "bucket/key"}: MinIO, without records.
  bool min_io(const json& message) {
    const auto path = text_in(message, "Key");
    const auto slash = path.find('/');
    if (slash == std::string::npos) return false;
    if (is_creation(text_in(message, "EventName"))) object(path.substr(0, slash), path.substr(slash + 1));
    return true;
  }

  // "ObjectCreated:Put", "s3:ObjectCreated:Copy"; a missing event name counts as creation.
  static bool is_creation(std::string_view event) {
    return event.empty() || event.find("ObjectCreated") != std::string_view::npos;
  }

  void object(std::string_view bucket, std::string_view key) {
    if (!scope_.bucket.empty() && bucket != scope_.bucket) return;
    if (!key.starts_with(scope_.path) || key.size() > longest_key) return;
    const auto prefixes = folders_of(key.substr(scope_.path.size()));
    if (!prefixes.empty()) hints.prefixes.insert(prefixes);
  }

  // "dbo/orders/2022/09/x.csv" → "dbo/orders/"
  static std::string folders_of(std::string_view key) {
    auto end = key.find('/');
    if (end == std::string_view::npos) return {};
    if (const auto second = key.find('/', end + 1); second != std::string_view::npos) end = second;
    return std::string(key.substr(0, end + 1));
  }

  const EventScope& scope_;
};

// Whether the text looks like a key or a prefix and not like some other message.
bool is_key(std::string_view text) {
  return text.size() <= longest_key &&
         std::ranges::none_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

}  // namespace

std::string form_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = hexadecimal_digit(text[i + 1]);
      const auto low = hexadecimal_digit(text[i + 2]);
      if (high && low) {
        decoded += static_cast<char>(*high * 16 + *low);
        i += 2;
        continue;
      }
    }
    decoded += text[i] == '+' ? ' ' : text[i];
  }
  return decoded;
}

EventHints read_event(std::string_view message, const EventScope& scope, EventForm form) {
  Reader reader(scope);
  const auto first = message.find_first_not_of(" \t\r\n");
  const bool is_text =
      form == EventForm::JsonOrText && (first == std::string_view::npos || message[first] != '{');
  if (is_text) {
    // The line break that `echo` adds.
    while (message.ends_with('\n') || message.ends_with('\r')) message.remove_suffix(1);
    if (is_key(message)) {
      reader.text(message);
    } else {
      reader.hints.malformed = true;
    }
  } else if (!reader.envelope(message, 1)) {
    reader.hints.malformed = true;
  }
  return std::move(reader.hints);
}

}  // namespace peo::source
