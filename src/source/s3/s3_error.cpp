#include "source/s3/s3_error.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <pugixml.hpp>
#include <utility>

#include "base/masked.hpp"

namespace peo::source::s3 {
namespace {

constexpr std::array transient_codes{"SlowDown",
                                     "InternalError",
                                     "ServiceUnavailable",
                                     "RequestTimeout",
                                     "RequestTimeoutException",
                                     "Throttling",
                                     "ThrottlingException",
                                     "ThrottledException",
                                     "RequestThrottled",
                                     "RequestThrottledException",
                                     "TooManyRequests",
                                     "TooManyRequestsException",
                                     "RequestLimitExceeded",
                                     "BandwidthLimitExceeded",
                                     "OperationAborted",
                                     "PriorRequestNotComplete"};

struct Hint {
  std::string_view code, text;
};
// Error codes that mean "permission denied", with their hints.
constexpr std::array<Hint, 10> permission_hints{{
    {"AccessDenied",
     "Grant the key s3:ListBucket on the bucket and s3:GetObject on its objects (with KMS also "
     "kms:Decrypt)."},
    {"SignatureDoesNotMatch", "Check bucket_key: the secret key doesn't belong to the access key."},
    {"InvalidAccessKeyId", "Check bucket_id and bucket_endpoint: the server doesn't know the access key."},
    {"ExpiredToken", "Get new temporary credentials: the session token has expired."},
    {"InvalidToken", "Check bucket_session_token: the session token doesn't belong to the keys."},
    {"TokenRefreshRequired", "Get new temporary credentials."},
    {"AllAccessDisabled", "Ask the owner of the account: access to the bucket has been disabled."},
    {"AccountProblem", "Ask the owner of the account, which has a problem."},
    {"NotSignedUp", "Sign the account up for S3."},
    {"InvalidObjectState", "Restore the object first: it is archived."},
}};

std::string local_text(const pugi::xml_node& parent, std::string_view name) {
  for (const auto& node : parent.children()) {
    const char* full = node.name();
    const char* colon = std::strchr(full, ':');
    if (name == (colon == nullptr ? full : colon + 1)) return node.text().get();
  }
  return {};
}

bool is_transient(const Refusal& refusal) {
  if (std::find(transient_codes.begin(), transient_codes.end(), refusal.document.code) !=
      transient_codes.end())
    return true;
  const int status = refusal.status;
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

// "ListObjectsV2 of bucket b at https://… failed with HTTP 403 AccessDenied: Access Denied (request
// 4442587FB7)"
std::string description(const Refusal& refusal, const AskedOf& asked) {
  std::string text =
      fmt::format("{} of {} at {} failed with HTTP {}", to_string(refusal.operation),
                  asked.key.empty() ? "bucket " + shortened(asked.bucket)
                                    : "s3://" + shortened(asked.bucket) + "/" + shortened(asked.key, 200),
                  asked.server, refusal.status);
  std::string details;
  if (!refusal.document.code.empty()) {
    details = " " + shortened(refusal.document.code);
    if (!refusal.document.message.empty()) {
      details += ": " + shortened(refusal.document.message, 300);
    }
  } else if (!refusal.body.empty()) {
    details = fmt::format(", not an S3 error but \"{}\"", shortened(refusal.body));
  }
  while (details.ends_with('.')) details.pop_back();
  text += details;
  if (!refusal.document.request_id.empty()) {
    text += fmt::format(" (request {})", shortened(refusal.document.request_id));
  }
  return text;
}

std::string clock_hint(const Refusal& refusal, Time now) {
  const time_t there = curl_getdate(refusal.date.c_str(), nullptr);
  if (there < 0) return "Synchronize this machine's clock, which is wrong.";
  const auto here = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const auto seconds = here - there;
  return fmt::format("Synchronize this machine's clock, which is {} s {} the server's.", std::abs(seconds),
                     seconds < 0 ? "behind" : "ahead of");
}

std::optional<std::string> permission_hint(const Refusal& refusal, const AskedOf& asked) {
  const auto& code = refusal.document.code;
  if (code == "RequestTimeTooSkewed") return clock_hint(refusal, asked.now);
  if (code == "AccessDenied" && !asked.is_signed) {
    return "Set bucket_id and bucket_key in SOURCE, or provide AWS credentials (config.env.sample, "
           "AWS_ACCESS_KEY_ID ff.): no credentials were found, so the request was not signed.";
  }
  const auto* const known =
      std::find_if(permission_hints.begin(), permission_hints.end(),
                   [&code](const Hint& hint) { return hint.text.data() && hint.code == code; });
  if (known != permission_hints.end()) {
    return std::string(known->text) +
           (code == "AccessDenied" && !asked.requester_pays
                ? " For a Requester Pays bucket, add bucket_request_payer=requester to SOURCE."
                : "");
  }
  if (refusal.status != 401 && refusal.status != 403) return std::nullopt;
  if (code.empty())
    return "Check bucket_endpoint: the response is not from an S3 server, perhaps from a proxy.";
  return "Check bucket_id, bucket_key and the bucket's policy.";
}

std::string configuration_hint(const Refusal& refusal, const AskedOf& asked) {
  const auto& code = refusal.document.code;
  if (code == "NoSuchBucket" || code == "InvalidBucketName") {
    return fmt::format("Check bucket_name, bucket_endpoint and bucket_region: there is no bucket {} at {}.",
                       shortened(asked.bucket), asked.server);
  }
  const auto region = refusal.bucket_region.empty() ? refusal.document.region : refusal.bucket_region;
  if (!region.empty() && region != asked.region) {
    return fmt::format("Set bucket_region to {}, the bucket's region.", shortened(region));
  }
  if (refusal.status >= 300 && refusal.status < 400) {
    const auto& other = refusal.location.empty() ? refusal.document.endpoint : refusal.location;
    // Only its host: the rest may be a signed URL.
    const auto begin = other.find("://") == std::string::npos ? 0 : other.find("://") + 3;
    const auto host = other.substr(begin, other.find_first_of("/?", begin) - begin);
    return host.empty() || host.find('@') != std::string::npos
               ? "Check bucket_endpoint and bucket_region: the bucket is elsewhere."
               : fmt::format("If you trust the host {}, set bucket_endpoint to it: the bucket is there.",
                             shortened(host));
  }
  if (code.empty()) return "Check that bucket_endpoint is an S3 server.";
  return "Check bucket_endpoint, bucket_region and bucket_style.";
}

}  // namespace

std::string_view to_string(Operation operation) {
  return operation == Operation::ListObjects ? "ListObjectsV2" : "GetObject";
}

std::optional<ErrorDocument> parse_error_document(std::string_view body) {
  pugi::xml_document document;
  const auto result = document.load_buffer(body.data(), body.size());
  const auto root = document.document_element();
  const char* colon = std::strchr(root.name(), ':');
  if (!result || std::string_view(colon == nullptr ? root.name() : colon + 1) != "Error") return std::nullopt;
  ErrorDocument error;
  error.code = local_text(root, "Code");
  error.message = local_text(root, "Message");
  error.region = local_text(root, "Region");
  error.endpoint = local_text(root, "Endpoint");
  error.request_id = local_text(root, "RequestId");
  if (error.code.empty()) error.code = "UnknownError";
  return error;
}

void hide(Refusal& refusal, std::span<const std::string> secrets) {
  auto& document = refusal.document;
  for (auto* text :
       {&document.code, &document.message, &document.region, &document.endpoint, &document.request_id,
        &refusal.body, &refusal.date, &refusal.bucket_region, &refusal.location}) {
    *text = masked(std::move(*text), secrets);
  }
}

Error to_error(const Refusal& refusal, const AskedOf& asked) {
  const std::string what = description(refusal, asked);
  if (is_transient(refusal)) return Error::retry(what);
  if (auto hint = permission_hint(refusal, asked)) return Error::permission(what, *hint);
  const auto& code = refusal.document.code;
  const bool get = refusal.operation == Operation::GetObject;
  if (get && code != "NoSuchBucket" &&
      (refusal.status == 404 || refusal.status == 412 || refusal.status == 416)) {
    return Error::changed_object(
        what, "The object was changed or deleted after it was listed; the next poll lists it again.");
  }
  return Error::configuration(what, configuration_hint(refusal, asked));
}

}  // namespace peo::source::s3
