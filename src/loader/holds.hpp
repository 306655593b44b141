// Tables (and the stream of transaction files) that are held: nothing more is loaded into them until the
// cause is gone, while the others are loaded.
//
// Two sources: the listing, which finds the cause again in each poll (a late file under LATE_FILES=hold, a
// reload in doubt, a table that is refused), and an error of a delivery. After an error the table is tried
// again when the object has another ETag, when the table's definition has changed, when an operator asks for
// it, and else with back-off, at least hourly. Each cause is logged when it begins and once an hour. One
// thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/delivery.hpp"
#include "base/error.hpp"
#include "base/hold.hpp"
#include "metrics/metrics.hpp"
#include "source/discover.hpp"
#include "source/source.hpp"

namespace peo::loader {

// Whether the error of a delivery concerns its table alone: the others can be loaded.
bool concerns_table(const Error& error);

class Holds {
 public:
  // Both must outlive this.
  Holds(source::Source& source, metrics::Metrics& metrics) : source_(source), metrics_(metrics) {}

  // What the listing found, in place of what the one before it found, of the tables that it was of.
  void listed(const source::Discovered& found, Time time);
  // A late or rewritten file that isn't applied, and why.
  void by_policy(const Delivery& delivery, const std::string& why, Time time);
  void by_error(const Delivery& delivery, const Error& error, Time time);

  // The tables that load nothing in this poll.
  std::set<std::string> waiting(std::span<const Delivery> due, Time time) const;
  void loaded(const std::string& entity);
  // Its definition has changed: it is tried with the next poll.
  void try_again(const std::string& entity);

  bool has(const Delivery& delivery) const;  // because of this object
  bool empty() const { return held_.empty(); }
  const HoldsByEntity& all() const { return held_; }
  // Since the last call.
  bool changed() { return std::exchange(changed_, false); }
  // What a loader before this one held. `at_once`: it is tried with the first poll.
  void restore(HoldsByEntity held, bool at_once);
  // A full listing may be the only one that finds the cause again.
  bool need_full_listing() const;
  source::Discover::Stuck objects() const;  // the object that holds each; may be empty
  void log_summary() const;
  // Of the cause that is held longest.
  ExitCode exit_code() const;
  // When the first table that waits for a lock is tried again; none: no table has waited less than `budget`.
  std::optional<Time> lock_retry(std::chrono::nanoseconds budget, Time time) const;

 private:
  void hold_listed(const source::Held& held, const std::string& etag, Time time);
  // Whether it is to be logged: a new cause, or one that this process hasn't named for an hour.
  bool put(const std::string& entity, Hold hold, Time time);
  void release(HoldsByEntity::iterator held);
  void tell_metrics();
  std::string text(const Hold& hold) const;
  LogFields fields(const std::string& entity, const Hold& hold) const;

  source::Source& source_;
  metrics::Metrics& metrics_;
  HoldsByEntity held_;
  bool changed_ = false;
};

}  // namespace peo::loader
