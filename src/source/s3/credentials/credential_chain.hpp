// The credentials for requests: from the first provider that has some, cached, and refreshed before they
// expire. Any thread.
//
// If no provider has credentials, requests are anonymous (public buckets). The order is that of the AWS SDKs:
// environment, web identity, shared files, container, instance.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/aws_environment.hpp"
#include "base/cancellation.hpp"
#include "source/s3/credentials/credential_source.hpp"

namespace peo::source::s3 {

class CredentialChain {
 public:
  using Clock = std::function<Time()>;
  // `what_for`: for the log.
  explicit CredentialChain(std::vector<std::unique_ptr<CredentialSource>> sources, Clock clock = {},
                           std::string what_for = "the bucket");

  // Throws what the provider throws, unless the current ones are still valid for a while.
  Credentials current();
  // Call when the server reports that these have expired or are unknown. False: there are no others.
  bool refused(const Credentials& keys);
  // The name of their provider; "" when there is none, or it isn't known yet.
  std::string origin() const;

 private:
  void refresh();

  std::vector<std::unique_ptr<CredentialSource>> sources_;
  Clock clock_;
  std::string what_for_;
  mutable std::mutex mutex_;
  CredentialSource* chosen_ = nullptr;
  bool asked_ = false;
  TimedCredentials kept_;
  Time not_before_{};  // time of the next attempt after a failed refresh
};

struct ChainOptions {
  AwsEnvironment environment;
  std::string region;         // of the Security Token Service; empty: the global endpoint
  bool bucket_on_aws = true;  // false: instance metadata is used only if its address is set
  std::string ca_bundle;
  const Cancellation* stop = nullptr;
  std::string what_for = "the bucket";
};
std::shared_ptr<CredentialChain> make_credential_chain(const ChainOptions& options);

}  // namespace peo::source::s3
