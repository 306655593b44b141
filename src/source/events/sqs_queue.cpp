#include "source/events/sqs_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/masked.hpp"

namespace peo::source {
namespace {

using nlohmann::json;

constexpr int most_at_once = 10;  // SQS's limit of messages per request
// Visibility timeout: generous, because messages are removed only after a round has listed their prefixes.
constexpr int visibility_seconds = 300;
// Ten messages of 1 MiB, each byte escaped in JSON.
constexpr std::size_t longest_answer = 24UL * 1024 * 1024;
constexpr std::size_t longest_error = 64UL * 1024;

s3::HttpOptions http_options(const SqsOptions& options) {
  s3::HttpOptions http;
  http.ca_bundle = options.ca_bundle;
  http.stop = options.stop;
  http.stop_grace = std::chrono::milliseconds(0);  // after a stop no message is needed
  return http;
}

std::string text_in(const json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>()
                                                                           : std::string();
}

Error not_sqs(const std::string& url) {
  return Error::configuration(url + " sent a response that is not from SQS",
                              "Check that SOURCE_EVENTS is the URL of an SQS queue.");
}

}  // namespace

std::string region_of_queue(const std::string& url) {
  auto host = url.substr(url.find("://") + 3);
  host = host.substr(0, host.find_first_of(":/"));
  const auto suffix = host.find(".amazonaws.com");
  if (suffix == std::string::npos) return "";
  host = "." + host.substr(0, suffix) + ".";
  // sqs.eu-west-1, sqs-fips.us-east-1, vpce-1-2.sqs.eu-west-1.vpce, and the old eu-west-1.queue.
  for (const std::string_view service : {".sqs.", ".sqs-fips."}) {
    const auto at = host.find(service);
    if (at == std::string::npos) continue;
    const auto begin = at + service.size();
    return begin >= host.size() ? "" : host.substr(begin, host.find('.', begin) - begin);
  }
  const auto queue = host.find(".queue.");
  return queue == std::string::npos || queue == 0 ? "" : host.substr(1, queue - 1);
}

SqsQueue::SqsQueue(SqsOptions options)
    : options_(std::move(options)), region_(region_of_queue(options_.url)), http_(http_options(options_)) {
  const auto host = options_.url.find("://") + 3;
  server_ = options_.url.substr(0, options_.url.find('/', host));
  host_ = server_.substr(host);
  if (region_.empty()) region_ = options_.region.empty() ? "us-east-1" : options_.region;
}

s3::Credentials SqsQueue::keys() const {
  return options_.keys.anonymous() && options_.credentials ? options_.credentials->current() : options_.keys;
}

bool SqsQueue::renew(const SqsRefusal& refusal, const s3::Credentials& keys) {
  if (options_.credentials) return has_expired(refusal) && options_.credentials->refused(keys);
  if (!options_.read_keys || !(has_expired(refusal) || refusal.status == 403)) return false;
  options_.keys = options_.read_keys();
  return options_.keys != keys;
}

std::string SqsQueue::call(const std::string& action, const std::string& body,
                           const std::atomic<bool>* ended) {
  for (bool renewed = false;; renewed = true) {
    const auto keys = this->keys();
    s3::Signable signable;
    signable.method = "POST";
    signable.path = "/";
    signable.service = "sqs";
    signable.payload_hash = s3::payload_hash_of(body);
    signable.headers = {{"host", host_},
                        {"content-type", "application/x-amz-json-1.0"},
                        {"x-amz-target", "AmazonSQS." + action}};
    s3::sign(signable, peo::now(), region_, keys);
    const auto answer = http_.send({.url = server_ + "/",
                                    .headers = std::move(signable.headers),
                                    .method = "POST",
                                    .body = body,
                                    .given_up = ended});
    if (answer->status() == 200) {
      auto text = answer->read_text(longest_answer + 1);
      if (text.size() > longest_answer) throw not_sqs(options_.url);
      return text;
    }
    SqsRefusal refusal{.action = action,
                       .queue = options_.url,
                       .status = answer->status(),
                       .code = {},
                       .message = {},
                       .is_signed = !keys.anonymous()};
    const std::array<std::string, 2> secrets{keys.secret_access_key, keys.session_token};
    read_error_document(masked(answer->read_text(longest_error), secrets), refusal);
    if (renewed || !renew(refusal, keys)) throw to_error(refusal);
  }
}

void SqsQueue::receive(std::chrono::milliseconds wait, const Take& take, const std::atomic<bool>& ended) {
  const auto seconds = std::clamp<long long>(std::chrono::floor<std::chrono::seconds>(wait).count(), 0, 20);
  const auto answer = json::parse(call("ReceiveMessage",
                                       json{{"QueueUrl", options_.url},
                                            {"MaxNumberOfMessages", most_at_once},
                                            {"VisibilityTimeout", visibility_seconds},
                                            {"WaitTimeSeconds", seconds}}
                                           .dump(),
                                       &ended),
                                  nullptr, false);
  if (!answer.is_object()) throw not_sqs(options_.url);
  const auto messages = answer.find("Messages");
  if (messages == answer.end() || !messages->is_array()) return;
  for (const auto& message : *messages) take(text_in(message, "Body"), text_in(message, "ReceiptHandle"));
}

// A message that SQS fails to delete (the receipt handle expired) is received again, and deleted then.
void SqsQueue::remove(const std::vector<std::string>& receipts) {
  for (std::size_t from = 0; from < receipts.size(); from += most_at_once) {
    auto entries = json::array();
    for (std::size_t i = from; i < std::min<std::size_t>(receipts.size(), from + most_at_once); ++i)
      entries.push_back({{"Id", std::to_string(i - from)}, {"ReceiptHandle", receipts[i]}});
    call("DeleteMessageBatch", json{{"QueueUrl", options_.url}, {"Entries", std::move(entries)}}.dump(),
         nullptr);
  }
}

std::vector<std::string> SqsQueue::check() {
  const std::atomic<bool> ended{false};
  // Visibility timeout 0: a running loader misses nothing.
  call("ReceiveMessage",
       json{{"QueueUrl", options_.url},
            {"MaxNumberOfMessages", 1},
            {"VisibilityTimeout", 0},
            {"WaitTimeSeconds", 0}}
           .dump(),
       &ended);
  // SQS checks the permission to delete before the receipt handle, which is invalid here.
  try {
    remove({"paper-engine-orders-check"});
  } catch (const Error& error) {
    if (error.exit_code() == ExitCode::PermissionDenied) throw;
    return {fmt::format("Messages of {} can be received. It is unknown whether they can be deleted ({}).",
                        describe(), error.what())};
  }
  return {fmt::format("Messages of {} can be received and deleted.", describe())};
}

}  // namespace peo::source
