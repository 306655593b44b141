// Tables (and the stream of transaction files) that are held: nothing more is loaded into them until the
// cause is fixed, while the others are loaded.
//
// A hold comes from the listing, which finds its cause again in each poll (a late file with LATE_FILES=hold,
// a reload that may be incomplete, a table that can't be loaded), or from an error of a delivery. After an
// error, the table is retried when the object has another ETag, when the table's definition has changed, when
// an operator requests it, and otherwise with back-off, at least hourly. Each cause is logged when it begins
// and once an hour. One thread.
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

// Whether the error of a delivery concerns its table only, so that the others can be loaded.
bool concerns_table(const Error& error);

class Holds {
 public:
  // Both must outlive this.
  Holds(source::Source& source, metrics::Metrics& metrics) : source_(source), metrics_(metrics) {}

  // Replaces the findings of the previous listing, for the tables that were listed.
  void listed(const source::Discovered& found, Time time);
  // A late or rewritten file that isn't applied, and the reason.
  void by_policy(const Delivery& delivery, const std::string& why, Time time);
  void by_error(const Delivery& delivery, const Error& error, Time time);

  // The tables into which nothing is loaded in this poll.
  std::set<std::string> waiting(std::span<const Delivery> due, Time time) const;
  void loaded(const std::string& entity);
  // Its definition has changed: it is retried in the next poll.
  void try_again(const std::string& entity);

  bool has(const Delivery& delivery) const;  // whether this object holds its table
  bool empty() const { return held_.empty(); }
  const HoldsByEntity& all() const { return held_; }
  // Since the last call.
  bool changed() { return std::exchange(changed_, false); }
  // The holds of a previous loader. `at_once`: retry them in the first poll.
  void restore(HoldsByEntity held, bool at_once);
  // Whether only a full listing may find the cause of a hold again.
  bool need_full_listing() const;
  source::Discover::Stuck objects() const;  // by table: the object that holds it; may be empty
  void log_summary() const;
  // Of the oldest hold.
  ExitCode exit_code() const;
  // When the first table that waits for a lock is retried; none: no table has waited less than `budget`.
  std::optional<Time> lock_retry(std::chrono::nanoseconds budget, Time time) const;

 private:
  void hold_listed(const source::Held& held, const std::string& etag, Time time);
  // Returns whether to log it: a new cause, or one that wasn't logged for an hour.
  bool put(const std::string& entity, Hold hold, Time time);
  void release(HoldsByEntity::iterator held);
  void update_metrics();
  std::string text(const Hold& hold) const;
  LogFields fields(const std::string& entity, const Hold& hold) const;

  source::Source& source_;
  metrics::Metrics& metrics_;
  HoldsByEntity held_;
  bool changed_ = false;
};

}  // namespace peo::loader
