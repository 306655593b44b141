// Events from a queue of Amazon SQS, or of a server that speaks its protocol (AWS JSON 1.0): long polling,
// and removal in batches. Requests are signed as those to the bucket are. Errors: peo::Error, Retry for what
// may pass; no secret is in any, even if the server repeats it.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/cancellation.hpp"
#include "source/events/event_channel.hpp"
#include "source/events/sqs_error.hpp"
#include "source/s3/credentials/credential_chain.hpp"
#include "source/s3/http_client.hpp"

namespace peo::source {

struct SqsOptions {
  std::string url;                             // "https://sqs.eu-central-1.amazonaws.com/123456789012/name"
  std::string region;                          // where the host's name doesn't tell; empty: us-east-1
  s3::Credentials keys;                        // those of SOURCE; anonymous: it has none
  std::function<s3::Credentials()> read_keys;  // the same as they are now, after a refusal
  std::shared_ptr<s3::CredentialChain> credentials;  // where no keys are given
  std::string ca_bundle;
  const Cancellation* stop = nullptr;  // must outlive the queue
};

// "eu-central-1" of a host name of SQS on AWS; "" for any other.
std::string region_of_queue(const std::string& url);

class SqsQueue final : public EventChannel {
 public:
  explicit SqsQueue(SqsOptions options);

  std::string describe() const override { return "the queue " + options_.url; }
  EventForm form() const override { return EventForm::Json; }
  void receive(std::chrono::milliseconds wait, const Take& take, const std::atomic<bool>& ended) override;
  void remove(const std::vector<std::string>& receipts) override;
  std::vector<std::string> check() override;

 private:
  // The answer's body. `action`: "ReceiveMessage".
  std::string call(const std::string& action, const std::string& body, const std::atomic<bool>* ended);
  s3::Credentials keys() const;
  // True when the refusal tells that the keys are no longer good, and others could be had.
  bool renew(const SqsRefusal& refusal, const s3::Credentials& keys);

  SqsOptions options_;
  std::string server_, host_;  // "https://host:port", "host:port"
  std::string region_;
  s3::HttpClient http_;
};

}  // namespace peo::source
