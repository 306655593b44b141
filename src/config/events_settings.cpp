#include "config/events_settings.hpp"

#include <algorithm>

namespace peo::config {
namespace {

constexpr const char* accepted_addresses =
    "expected the URL of an SQS queue, https://sqs.REGION.amazonaws.com/ACCOUNT/QUEUE or "
    "sqs://sqs.REGION.amazonaws.com/ACCOUNT/QUEUE, or of a NATS subject, "
    "nats://user:password@host:4222/SUBJECT or tls://…";

void read_queue(std::string_view scheme, std::string_view rest, EventsSettings& events, Problems& problems) {
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const auto slash = rest.find('/');
  const auto host = read_host_port(rest.substr(0, slash), 443);
  const auto is_plain = [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.' || c == '/';
  };
  if (rest.find('@') != std::string_view::npos) {
    problems.add(
        std::string("the URL of a queue must not contain a user; the queue uses the bucket's credentials; ") +
        accepted_addresses);
  } else if (!host || slash == std::string_view::npos || !std::ranges::all_of(rest.substr(slash), is_plain)) {
    problems.add(std::string("the host, account or queue is invalid; ") + accepted_addresses);
  } else {
    events.queue_url = std::string(scheme == "http" ? "http" : "https") + "://" + std::string(rest);
  }
}

// Tokens separated by dots; * and > are wildcards.
bool is_subject(std::string_view subject) {
  return !subject.empty() && subject.front() != '.' && subject.back() != '.' &&
         subject.find("..") == std::string_view::npos &&
         std::ranges::all_of(subject, [](unsigned char c) { return c > ' ' && c < 0x7f && c != '@'; });
}

}  // namespace

std::string EventsSettings::display() const {
  return queue_url.empty() ? nats.display() + "/" + subject : queue_url;
}

EventsSettings read_events(std::string_view text, Problems& problems) {
  EventsSettings events;
  const auto mark = text.find("://");
  const auto scheme = lower_case(text.substr(0, mark == std::string_view::npos ? 0 : mark));
  if (scheme == "sqs" || scheme == "https" || scheme == "http") {
    read_queue(scheme, text.substr(mark + 3), events, problems);
  } else if (scheme == "nats" || scheme == "tls") {
    const auto slash = text.rfind('/');
    events.subject = text.substr(slash + 1);
    if (slash < mark + 3 || !is_subject(events.subject)) {
      problems.add(std::string("there is no subject after the address; ") + accepted_addresses);
    } else {
      events.nats = read_nats(text.substr(0, slash), problems);
    }
  } else {
    problems.add(std::string("it doesn't start with sqs://, https://, nats:// or tls://; ") +
                 accepted_addresses);
  }
  return events;
}

}  // namespace peo::config
