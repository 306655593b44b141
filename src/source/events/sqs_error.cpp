#include "source/events/sqs_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace peo::source {
namespace {

bool holds(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string permission_hint(const SqsRefusal& refusal) {
  if (!refusal.is_signed)
    return "Set bucket_id and bucket_key in SOURCE, or provide AWS credentials (config.env.sample, "
           "AWS_ACCESS_KEY_ID ff.): no credentials were found, so the request was not signed.";
  if (has_expired(refusal)) return "Get new temporary credentials.";
  if (holds(refusal.code, "Signature"))
    return "Check that the secret key belongs to the access key, and that AWS_REGION is correct.";
  return fmt::format(
      "Grant the loader's role or user sqs:ReceiveMessage and sqs:DeleteMessage on the queue "
      "(deploy/aws/queue-access-policy.json), and kms:Decrypt if the queue is encrypted with a customer "
      "managed key.");
}

}  // namespace

void read_error_document(const std::string& body, SqsRefusal& refusal) {
  const auto document = nlohmann::json::parse(body, nullptr, false);
  if (!document.is_object()) return;
  const auto text = [&](const char* name) {
    const auto found = document.find(name);
    return found != document.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  // "com.amazonaws.sqs#QueueDoesNotExist"
  refusal.code = text("__type");
  refusal.code = refusal.code.substr(refusal.code.find('#') + 1);
  refusal.message = text("message").empty() ? text("Message") : text("message");
}

bool has_expired(const SqsRefusal& refusal) { return holds(refusal.code, "ExpiredToken"); }

Error to_error(const SqsRefusal& refusal) {
  const auto& code = refusal.code;
  auto what = fmt::format("{} of {} failed with HTTP {}", refusal.action, refusal.queue, refusal.status);
  if (!code.empty()) what += " " + shortened(code);
  if (!refusal.message.empty()) what += ": " + shortened(refusal.message, 300);
  while (what.ends_with('.')) what.pop_back();
  if (refusal.status >= 500 || refusal.status == 408 || refusal.status == 429 || holds(code, "Throttl") ||
      holds(code, "OverLimit"))
    return Error::retry(what);
  if (holds(code, "NonExistentQueue") || holds(code, "QueueDoesNotExist"))
    return Error::configuration(what,
                                "Check the account, the name and the region of the queue in SOURCE_EVENTS.");
  if (refusal.status == 401 || refusal.status == 403 || holds(code, "AccessDenied") ||
      holds(code, "UnrecognizedClient") || holds(code, "InvalidClientTokenId") || holds(code, "Signature") ||
      has_expired(refusal))
    return Error::permission(what, permission_hint(refusal));
  return Error::configuration(what, "Check that SOURCE_EVENTS is the URL of an SQS queue.");
}

}  // namespace peo::source
