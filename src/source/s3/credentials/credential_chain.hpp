// The credentials for each request: from the first place that has some, kept, and fetched anew before they
// expire. Any thread.
//
// Without any place that has some, requests go out unsigned: a public bucket. The order is that of AWS's own
// tools: environment, web identity, shared files, container, instance.
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

  // Throws what the place throws; while the old ones are good for a while yet, they are used instead.
  Credentials current();
  // The server says that these have expired or are not known. False: there are no others to be had.
  bool refused(const Credentials& keys);
  // Where they come from; "" when from nowhere, or not known yet.
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
  Time not_before_{};  // a refresh failed: the next one
};

struct ChainOptions {
  AwsEnvironment environment;
  std::string region;         // for the token service; empty: its global address
  bool bucket_on_aws = true;  // else an instance isn't asked unless its address is set
  std::string ca_bundle;
  const Cancellation* stop = nullptr;
  std::string what_for = "the bucket";
};
std::shared_ptr<CredentialChain> make_credential_chain(const ChainOptions& options);

}  // namespace peo::source::s3
