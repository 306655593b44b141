// Creates the event channel and its receiver from the settings.
#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "base/log.hpp"
#include "cli/components.hpp"
#include "cli/secrets_now.hpp"
#include "source/events/nats_subject.hpp"
#include "source/events/sqs_queue.hpp"

namespace peo::cli {
namespace {

std::unique_ptr<source::EventChannel> make_queue(const config::Settings& settings, const Cancellation& stop) {
  const auto& from = settings.source;
  source::SqsOptions options;
  options.url = settings.events->queue_url;
  options.region = from.region;
  options.ca_bundle = settings.aws_ca_bundle.string();
  options.stop = &stop;
  if (!from.access_key_id.empty()) {
    options.keys = {from.access_key_id, from.secret_key, from.session_token};
    options.read_keys = keys_now(from);
    return std::make_unique<source::SqsQueue>(std::move(options));
  }
  source::s3::ChainOptions chain;
  chain.environment = settings.aws;
  if (const char* const home = std::getenv("HOME"); home != nullptr) chain.environment.home = home;
  chain.region = source::region_of_queue(options.url);
  if (chain.region.empty()) chain.region = from.region;
  chain.bucket_on_aws = options.url.find(".amazonaws.com") != std::string::npos;
  chain.ca_bundle = options.ca_bundle;
  chain.stop = &stop;
  chain.what_for = "the queue";
  options.credentials = source::s3::make_credential_chain(chain);
  return std::make_unique<source::SqsQueue>(std::move(options));
}

std::unique_ptr<source::EventChannel> make_subject(const config::Settings& settings,
                                                   const Cancellation& stop) {
  auto options = nats_options(settings, settings.events->nats);
  options.setting = "SOURCE_EVENTS";
  options.renew = [](nats::NatsOptions& old) {
    const auto now = settings_now();
    if (!now || !now->events) return;
    put_login(*now, now->events->nats, old);
  };
  return std::make_unique<source::NatsSubject>(std::move(options), settings.events->subject, stop);
}

std::string seconds_text(const config::Settings& settings) {
  const auto seconds = [](std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
  };
  return fmt::format("polling every {:.3g} to {:.3g} s", seconds(settings.min_sleep_without_events),
                     seconds(settings.max_sleep_without_events));
}

}  // namespace

std::unique_ptr<source::EventChannel> make_event_channel(const config::Settings& settings,
                                                         const Cancellation& stop) {
  return settings.events->queue_url.empty() ? make_subject(settings, stop) : make_queue(settings, stop);
}

std::unique_ptr<source::EventReceiver> make_events(const config::Settings& settings,
                                                   metrics::Metrics& metrics, const Cancellation& stop) {
  if (!settings.events || !settings.run_as_service || settings.dry_run) return nullptr;
  source::EventReceiverOptions options;
  options.scope.bucket = settings.source.bucket_name;
  if (!settings.source.path.empty()) options.scope.path = settings.source.path + "/";
  options.without = seconds_text(settings);
  options.on_event = [&metrics](source::EventResult result) {
    metrics.count_event(result == source::EventResult::Hint      ? metrics::Metrics::Event::Hint
                        : result == source::EventResult::Ignored ? metrics::Metrics::Event::Ignored
                                                                 : metrics::Metrics::Event::Malformed);
  };
  options.on_available = [&metrics](bool available) { metrics.set_events_available(available); };
  return std::make_unique<source::EventReceiver>(make_event_channel(settings, stop), std::move(options),
                                                 stop);
}

}  // namespace peo::cli
