#include "loader/outbox_publisher.hpp"

#include <algorithm>
#include <span>

#include "base/log.hpp"

namespace peo::loader {
namespace {

using std::chrono::steady_clock;

// Messages read from the outbox at a time: bounds the memory, however long the broker was unavailable.
constexpr std::size_t at_once = 500;
constexpr std::chrono::milliseconds first_wait{500};
constexpr std::chrono::milliseconds longest_wait{30'000};

}  // namespace

OutboxPublisher::OutboxPublisher(target::Outbox& outbox, notifier::Notifier& notifier,
                                 metrics::Metrics& metrics)
    : outbox_(outbox), notifier_(notifier), metrics_(metrics) {}

void OutboxPublisher::begin() {
  mark_acknowledged();
  waiting_ = outbox_.unsent_count();
  metrics_.set_unsent_messages(waiting_);
  if (waiting_ != 0) log::info("Unsent messages of earlier deliveries: {}.", waiting_);
}

void OutboxPublisher::publish(const std::vector<Message>& messages) {
  seconds_ = 0;
  if (messages.empty()) return;
  const bool first = waiting_ == 0;
  waiting_ += messages.size();
  // Waiting messages come first, so that subscribers see the deliveries in order. Without any, nothing needs
  // to be read from the outbox.
  if (first) {
    send(messages);
  } else {
    publish_waiting(false);
  }
  metrics_.set_unsent_messages(waiting_);
}

bool OutboxPublisher::publish_waiting(bool now) {
  mark_acknowledged();
  if (waiting_ == 0) notifier_.keep_alive();
  while (waiting_ != 0) {
    if (!now && steady_clock::now() < next_try_) break;
    const auto messages = outbox_.unsent(at_once);
    if (messages.empty()) {
      waiting_ = 0;
      break;
    }
    if (!send(messages)) break;
  }
  metrics_.set_unsent_messages(waiting_);
  return waiting_ == 0;
}

bool OutboxPublisher::send(const std::vector<Message>& messages) {
  const auto began = steady_clock::now();
  std::optional<Error> failure;
  try {
    notifier_.publish(messages, [this](std::span<const Message> some) {
      acknowledged_.insert(acknowledged_.end(), some.begin(), some.end());
    });
  } catch (const Error& error) {
    failure = error;
  }
  mark_acknowledged();
  if (failure) {
    failed(*failure);
    return false;
  }
  seconds_ = std::chrono::duration<double>(steady_clock::now() - began).count();
  if (last_error_) log::info("Messages are published again; {} still waiting.", waiting_);
  last_error_.reset();
  wait_ = {};
  return true;
}

// After the acknowledgement: a crash in between publishes them twice, which their id reveals, but loses none.
// Messages that can't be marked because the target is unavailable are marked later: if they were published
// again after the stream's duplicate window, the stream would have them twice.
void OutboxPublisher::mark_acknowledged() {
  if (acknowledged_.empty()) return;
  outbox_.mark_published(acknowledged_);
  waiting_ -= std::min<std::uint64_t>(waiting_, acknowledged_.size());
  metrics_.count_messages_published(acknowledged_.size());
  acknowledged_.clear();
}

void OutboxPublisher::failed(const Error& error) {
  Error placed(error);
  placed.at(Step::Notify);
  metrics_.count_error(Step::Notify, placed.kind());
  metrics_.count_retry(metrics::Dependency::Notifier);
  if (!last_error_) {
    log::warning("{} Loading continues; the messages wait in the outbox.", placed.describe());
  }
  last_error_ = placed;
  wait_ = std::clamp(wait_ * 2, first_wait, longest_wait);
  // Each delivery calls this: without a pause, every delivery would wait for the broker's timeout.
  next_try_ = steady_clock::now() + wait_;
}

}  // namespace peo::loader
