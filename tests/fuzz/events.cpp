#include <algorithm>
#include <string>

#include "fuzz/targets.hpp"
#include "source/events/event_message.hpp"
#include "source/events/sqs_error.hpp"

namespace peo::fuzz {

void events(std::string_view input) {
  const source::EventScope scope{"paper-engine", "data/"};
  for (const auto form : {source::EventForm::Json, source::EventForm::JsonOrText}) {
    const auto hints = source::read_event(input, scope, form);
    require(!hints.malformed || !hints.any(), "a hint of what isn't understood");
    for (const auto& prefix : hints.prefixes) {
      require(prefix.size() <= input.size() && prefix.ends_with('/'),
              "a prefix that the message doesn't hold");
      require(std::count(prefix.begin(), prefix.end(), '/') <= 2, "a prefix of more than two prefixes");
    }
  }
  source::SqsRefusal refusal{
      .action = "ReceiveMessage", .queue = "https://q", .status = 400, .code = {}, .message = {}};
  source::read_error_document(std::string(input), refusal);
  (void)source::to_error(refusal);
}

}  // namespace peo::fuzz
