// Events from an Amazon SQS queue, or a server that is compatible with it (AWS JSON 1.0): long polling, and
// deletion in batches. Requests are signed like those to the bucket. Errors: peo::Error, Retry if transient;
// they contain no secrets, even if the server echoes them.
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
  std::string region;                          // if the host name has none; empty: us-east-1
  s3::Credentials keys;                        // from SOURCE; anonymous: it has none
  std::function<s3::Credentials()> read_keys;  // reads `keys` again, after a refusal
  std::shared_ptr<s3::CredentialChain> credentials;  // used without keys
  std::string ca_bundle;
  const Cancellation* stop = nullptr;  // must outlive the queue
};

// The region in the host name of SQS on AWS: "eu-central-1"; "" for any other host.
std::string region_of_queue(const std::string& url);

class SqsQueue final : public EventChannel {
 public:
  explicit SqsQueue(SqsOptions options);

  std::string describe() const override { return "SQS queue " + options_.url; }
  EventForm form() const override { return EventForm::Json; }
  void receive(std::chrono::milliseconds wait, const Take& take, const std::atomic<bool>& ended) override;
  void remove(const std::vector<std::string>& receipts) override;
  std::vector<std::string> check() override;

 private:
  // Returns the response body. `action`: "ReceiveMessage".
  std::string call(const std::string& action, const std::string& body, const std::atomic<bool>* ended);
  s3::Credentials keys() const;
  // True when the keys are no longer valid and different ones were found.
  bool renew(const SqsRefusal& refusal, const s3::Credentials& keys);

  SqsOptions options_;
  std::string server_, host_;  // "https://host:port", "host:port"
  std::string region_;
  s3::HttpClient http_;
};

}  // namespace peo::source
