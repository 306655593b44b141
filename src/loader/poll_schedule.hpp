// When a service polls, and which prefixes.
//
// Without events: all of them, at random times. With events: those that events name, at once; all of them at
// the same random times, which may be far apart then. In between, tables that wait for something are listed
// as often as without events, and slices of a full listing follow each other. While no events can be
// received, all are polled as often as without. One thread.
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
  PollTimes without_events;                 // while none can be received
  source::EventReceiver* events = nullptr;  // null: there are none; else must outlive the schedule
};

class PollSchedule {
 public:
  PollSchedule(PollOptions options, const Cancellation& stop, Liveness& liveness);

  // What the next round lists, if it would list `scope` without the events that have come meanwhile.
  source::Scope with_events(source::Scope scope);
  // Events have named what was listed last.
  bool by_event() const { return by_event_; }
  // A round has listed what it was to list; `all`: the prefixes of all tables.
  void listed(bool all);

  // Waits for the next poll. `slices`: of a full listing, some are left. `waiting`: tables that wait.
  source::Scope wait(bool slices, const std::set<std::string>& waiting);

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point next_of_all() const;
  Clock::time_point after(Clock::time_point time, const PollTimes& times) const;

  PollOptions options_;
  const Cancellation& stop_;
  Liveness& liveness_;
  std::minstd_rand random_{std::random_device{}()};
  double fraction_ = 0;  // of the time between min and max: drawn anew for each poll of all
  Clock::time_point listed_all_ = Clock::now();
  Clock::time_point listed_waiting_ = listed_all_;
  Clock::time_point named_{};  // when events were taken last
  bool by_event_ = false;
};

}  // namespace peo::loader
