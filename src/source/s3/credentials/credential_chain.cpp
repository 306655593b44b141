#include "source/s3/credentials/credential_chain.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/utc_time.hpp"
#include "source/s3/credentials/container.hpp"
#include "source/s3/credentials/environment.hpp"
#include "source/s3/credentials/instance.hpp"
#include "source/s3/credentials/shared_files.hpp"
#include "source/s3/credentials/web_identity.hpp"

namespace peo::source::s3 {
namespace {

using std::chrono::minutes;

constexpr auto ahead = minutes(5);  // refresh this long before they expire; AWS has new ones by then
constexpr auto least = minutes(1);  // if a refresh fails, the old ones must remain valid for this long
constexpr auto after_failure = minutes(1);

}  // namespace

CredentialChain::CredentialChain(std::vector<std::unique_ptr<CredentialSource>> sources, Clock clock,
                                 std::string what_for)
    : sources_(std::move(sources)),
      clock_(clock ? std::move(clock) : Clock(now)),
      what_for_(std::move(what_for)) {}

Credentials CredentialChain::current() {
  const std::lock_guard lock(mutex_);
  const auto now = clock_();
  if (asked_ && (!kept_.expire || now + ahead < *kept_.expire || now < not_before_)) return kept_.keys;
  try {
    refresh();
  } catch (const Error& error) {
    if (!asked_ || now + least >= *kept_.expire) throw;
    not_before_ = now + after_failure;
    log::warning("Can't refresh the credentials for {} yet; the current ones are valid until {}. {}",
                 what_for_, utc_time_text(*kept_.expire), error.describe());
  }
  return kept_.keys;
}

void CredentialChain::refresh() {
  for (const auto& source : sources_) {
    if (chosen_ != nullptr && source.get() != chosen_) continue;
    auto found = source->get();
    if (!found) continue;
    kept_ = std::move(*found);
    chosen_ = source.get();
    asked_ = true;
    log::info("Credentials for {} come from {}{}.", what_for_, source->name(),
              kept_.expire ? " and expire at " + utc_time_text(*kept_.expire) : "");
    return;
  }
  if (chosen_ != nullptr) throw Error::retry("no more credentials in " + chosen_->name());
  asked_ = true;  // a public bucket
}

bool CredentialChain::refused(const Credentials& keys) {
  const std::lock_guard lock(mutex_);
  if (chosen_ == nullptr) return false;
  // When many transfers are refused together, the first one refreshes the credentials for all.
  if (keys != kept_.keys) return true;
  refresh();
  return keys != kept_.keys;
}

std::string CredentialChain::origin() const {
  const std::lock_guard lock(mutex_);
  return chosen_ == nullptr ? "" : chosen_->name();
}

std::shared_ptr<CredentialChain> make_credential_chain(const ChainOptions& options) {
  const auto& environment = options.environment;
  std::vector<std::unique_ptr<CredentialSource>> sources;
  sources.push_back(std::make_unique<EnvironmentCredentials>(environment));
  WebIdentityOptions identity{.role_arn = environment.role_arn,
                              .token_file = environment.web_identity_token_file,
                              .session_name = environment.role_session_name,
                              .endpoint = environment.sts_endpoint,
                              .region = options.region,
                              .ca_bundle = options.ca_bundle,
                              .stop = options.stop};
  sources.push_back(std::make_unique<WebIdentityCredentials>(identity));
  sources.push_back(std::make_unique<SharedFileCredentials>(environment, identity));
  sources.push_back(std::make_unique<ContainerCredentials>(environment, options.ca_bundle, options.stop));
  if (options.bucket_on_aws || !environment.metadata_endpoint.empty())
    sources.push_back(std::make_unique<InstanceCredentials>(environment, options.stop));
  return std::make_shared<CredentialChain>(std::move(sources), CredentialChain::Clock{}, options.what_for);
}

}  // namespace peo::source::s3
