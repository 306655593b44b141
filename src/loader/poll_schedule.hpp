// Schedules the polls of a service: when, and which prefixes.
//
// Without events, all prefixes are polled at random intervals. With events, the prefixes that they name are
// polled immediately, and all prefixes at random intervals, which may be long. In between, tables that wait
// for something are listed as often as without events, and slices of a full listing follow each other. While
// events can't be received, all prefixes are polled as often as without events. One thread.
#pragma once
#include <chrono>
#include <random>
#include <set>
#include <string>

#include "base/cancellation.hpp"
#include "base/liveness.hpp"
#include "source/discover.hpp"
#include "source/events/event_receiver.hpp"

namespace peo::loader {

struct PollTimes {
  std::chrono::nanoseconds min{std::chrono::seconds(15)}, max{std::chrono::seconds(30)};
};

struct PollOptions {
  PollTimes times;
  PollTimes without_events;                 // while events can't be received
  source::EventReceiver* events = nullptr;  // null: there are none; else must outlive the schedule
};

class PollSchedule {
 public:
  PollSchedule(PollOptions options, const Cancellation& stop, Liveness& liveness);

  // Adds the prefixes of events received meanwhile to `scope`, which the next round lists.
  source::Scope with_events(source::Scope scope);
  // Whether the last listing was caused by events.
  bool by_event() const { return by_event_; }
  // A round has completed its listing; `all`: of the prefixes of all tables.
  void listed(bool all);

  // Waits for the next poll. `slices`: a full listing has slices left. `waiting`: tables that wait.
  source::Scope wait(bool slices, const std::set<std::string>& waiting);

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point next_of_all() const;
  Clock::time_point after(Clock::time_point time, const PollTimes& times) const;

  PollOptions options_;
  const Cancellation& stop_;
  Liveness& liveness_;
  std::minstd_rand random_{std::random_device{}()};
  double fraction_ = 0;  // of the time between min and max: random, for each poll of all prefixes
  Clock::time_point listed_all_ = Clock::now();
  Clock::time_point listed_waiting_ = listed_all_;
  Clock::time_point named_{};  // when events were last used
  bool by_event_ = false;
};

}  // namespace peo::loader
