#include "loader/poll_schedule.hpp"

#include <algorithm>
#include <utility>

namespace peo::loader {
namespace {

using std::chrono::milliseconds;

// Between two polls that events cause: a flood of events must not cause a flood of requests.
constexpr milliseconds between_events{250};
constexpr milliseconds between_slices{1000};

}  // namespace

PollSchedule::PollSchedule(PollOptions options, const Cancellation& stop, Liveness& liveness)
    : options_(options), stop_(stop), liveness_(liveness) {}

source::Scope PollSchedule::with_events(source::Scope scope) {
  if (options_.events == nullptr) return scope;
  // A table that always has new files must not keep the others waiting.
  if (!scope.all && Clock::now() >= next_of_all()) {
    scope = {};
    by_event_ = false;
  }
  auto hints = options_.events->take();
  if (!hints.any()) return scope;
  by_event_ = !scope.all && !hints.all;
  if (hints.all) scope.all = true;
  if (!scope.all) scope.prefixes.merge(hints.prefixes);
  // Prefixes of consecutive rounds add up.
  constexpr std::size_t most_prefixes = 1000;
  if (scope.prefixes.size() > most_prefixes) scope = {};
  named_ = Clock::now();
  return scope;
}

void PollSchedule::listed(bool all) {
  if (all) {
    listed_all_ = listed_waiting_ = Clock::now();
    // Random, so that several loaders don't poll the bucket at the same moments.
    fraction_ = std::uniform_real_distribution<double>(0, 1)(random_);
  }
  if (options_.events != nullptr) options_.events->listed();
}

PollSchedule::Clock::time_point PollSchedule::after(Clock::time_point time, const PollTimes& times) const {
  const auto spread = static_cast<double>((times.max - times.min).count());
  return time + std::chrono::duration_cast<Clock::duration>(
                    times.min + std::chrono::nanoseconds(static_cast<std::int64_t>(spread * fraction_)));
}

PollSchedule::Clock::time_point PollSchedule::next_of_all() const {
  const bool events = options_.events != nullptr && options_.events->available();
  return after(listed_all_, events || options_.events == nullptr ? options_.times : options_.without_events);
}

source::Scope PollSchedule::wait(bool slices, const std::set<std::string>& waiting) {
  by_event_ = false;
  const auto began = Clock::now();
  auto* const events = options_.events;
  while (!stop_.requested()) {
    liveness_.touch();
    const auto now = Clock::now();
    const auto all = next_of_all();
    if (now >= all) break;
    auto next = all;
    if (slices) {
      next = std::min(next, began + between_slices);
      if (now >= began + between_slices) return {.all = false, .slice = true};
    }
    if (events == nullptr) {
      stop_.sleep_for(next - now);
      continue;
    }
    const bool hinted = events->has_hints();
    if (hinted && now >= named_ + between_events) return {.all = false};  // with_events() adds them
    const auto small = after(listed_waiting_, options_.without_events);
    if (now >= small) {
      listed_waiting_ = now;
      return {.all = false, .tables = waiting};
    }
    next = std::min(next, small);
    if (hinted) {
      stop_.sleep_for(std::min(next, named_ + between_events) - now);
    } else {
      events->wait_until(next);
    }
  }
  return {};
}

}  // namespace peo::loader
