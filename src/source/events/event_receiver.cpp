#include "source/events/event_receiver.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/log.hpp"

namespace peo::source {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t most_prefixes = 1000;
constexpr std::size_t most_messages = 1000;
// The wait while messages await removal: they are removed soon after their prefixes were listed.
constexpr milliseconds short_wait{1000};

void move_to(std::vector<std::string>& from, std::vector<std::string>& to) {
  std::move(from.begin(), from.end(), std::back_inserter(to));
  from.clear();
}

}  // namespace

EventReceiver::EventReceiver(std::unique_ptr<EventChannel> channel, EventReceiverOptions options,
                             const Cancellation& stop)
    : channel_(std::move(channel)),
      options_(std::move(options)),
      stop_(stop),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      random_(std::random_device{}()) {
  if (wake_fd_ < 0) throw Error::internal("eventfd failed");
}

EventReceiver::~EventReceiver() {
  end();
  close(wake_fd_);
}

void EventReceiver::begin() {
  if (thread_.joinable()) return;
  ended_ = false;
  known_ = false;
  delay_ = options_.first_delay;
  thread_ = std::thread([this] { work(); });
}

void EventReceiver::end() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
  available_ = false;
  const std::lock_guard lock(mutex_);
  hints_ = {};
  // Undeleted messages are received again, by whichever loader is active then.
  received_.clear();
  taken_.clear();
  to_remove_.clear();
}

void EventReceiver::work() {
  while (!ended_ && !stop_.requested()) {
    try {
      remove_listed();
      receive();
      succeeded();
    } catch (const Error& error) {
      if (ended_ || stop_.requested()) break;
      failed(error);
    }
  }
  channel_->close();
}

void EventReceiver::receive() {
  milliseconds wait = options_.longest_wait;
  {
    std::unique_lock lock(mutex_);
    if (receipts_out() >= most_messages) {
      changed_.wait_for(lock, short_wait, [this] { return ended_ || !to_remove_.empty(); });
      return;
    }
    if (receipts_out() != 0) wait = std::min(wait, short_wait);
  }
  if (!available_) wait = milliseconds(0);  // learn at once whether events can be received
  channel_->receive(
      wait, [this](std::string_view body, std::string receipt) { message(body, std::move(receipt)); },
      ended_);
}

void EventReceiver::message(std::string_view body, std::string receipt) {
  auto found = read_event(body, options_.scope, channel_->form());
  if (options_.on_event) {
    options_.on_event(found.malformed ? EventResult::Malformed
                      : found.any()   ? EventResult::Hint
                                      : EventResult::Ignored);
  }
  if (found.malformed && !std::exchange(malformed_logged_, true)) {
    // Its content isn't logged: it may be anything, even a secret.
    log::warning(
        "Ignoring a message of {} bytes from {}, and others like it: it is not an event notification. "
        "Supported "
        "are notifications from S3 (also via SNS or EventBridge) and MinIO{}.",
        body.size(), channel_->describe(),
        channel_->form() == EventForm::JsonOrText ? ", and a key or prefix as plain text" : "");
  }
  {
    const std::lock_guard lock(mutex_);
    // A message without a hint is useless to every loader: remove it, so that it isn't received again.
    if (!receipt.empty()) (found.any() ? received_ : to_remove_).push_back(std::move(receipt));
    if (!found.any()) return;
    hints_.all = hints_.all || found.all;
    hints_.prefixes.merge(found.prefixes);
    if (hints_.prefixes.size() > most_prefixes) hints_.all = true;
    if (hints_.all) hints_.prefixes.clear();
  }
  wake();
}

void EventReceiver::remove_listed() {
  std::vector<std::string> receipts;
  {
    const std::lock_guard lock(mutex_);
    receipts.swap(to_remove_);
  }
  if (!receipts.empty()) channel_->remove(receipts);
}

void EventReceiver::succeeded() {
  delay_ = options_.first_delay;
  if (available_) return;
  log::info("Receiving events from {}.", channel_->describe());
  known_ = true;
  {
    const std::lock_guard lock(mutex_);
    hints_.all = true;  // events may have been missed
    hints_.prefixes.clear();
  }
  available_ = true;
  if (options_.on_available) options_.on_available(true);
  wake();
}

void EventReceiver::failed(const Error& error) {
  if (!known_ || available_) {
    log::warning("Can't receive events from {}; {} meanwhile. {}", channel_->describe(), options_.without,
                 error.describe());
  }
  known_ = true;
  channel_->close();
  if (available_.exchange(false)) {
    if (options_.on_available) options_.on_available(false);
    wake();
  }
  // Jitter between half and all of the delay, so that many loaders don't reconnect at the same time.
  std::uniform_int_distribution<milliseconds::rep> spread(delay_.count() / 2, delay_.count());
  sleep_for(milliseconds(spread(random_)));
  delay_ = std::min(delay_ * 2, options_.longest_delay);
}

void EventReceiver::sleep_for(milliseconds time) {
  std::unique_lock lock(mutex_);
  const auto until = steady_clock::now() + time;
  // A stop request doesn't notify the condition variable, so poll for it.
  while (!ended_ && !stop_.requested() && steady_clock::now() < until)
    changed_.wait_for(lock, std::min(time, milliseconds(200)));
}

void EventReceiver::wake() {
  const std::uint64_t one = 1;
  // Fails only when the counter is at its maximum, which wakes the reader as well.
  [[maybe_unused]] const auto written = write(wake_fd_, &one, sizeof one);
}

bool EventReceiver::has_hints() const {
  const std::lock_guard lock(mutex_);
  return hints_.any();
}

void EventReceiver::wait_until(steady_clock::time_point time) {
  const auto rest = std::chrono::ceil<milliseconds>(time - steady_clock::now());
  std::array<pollfd, 2> fds{pollfd{wake_fd_, POLLIN, 0}, pollfd{stop_.fd(), POLLIN, 0}};
  poll(fds.data(), fds.size(), static_cast<int>(std::clamp<milliseconds::rep>(rest.count(), 0, 3'600'000)));
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = read(wake_fd_, &count, sizeof count);
}

EventHints EventReceiver::take() {
  const std::lock_guard lock(mutex_);
  move_to(received_, taken_);
  return std::exchange(hints_, {});
}

void EventReceiver::listed() {
  {
    const std::lock_guard lock(mutex_);
    move_to(taken_, to_remove_);
  }
  changed_.notify_all();
}

}  // namespace peo::source
