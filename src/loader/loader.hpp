// Loader: loads deliveries from a Source into a Target and notifies through a Notifier, one after the other,
// forever or until nothing is left. Start reading at poll() in loader.cpp.
//
// run() returns an exit code: 0 if nothing is left (run once) or a stop was requested; else that of the error
// that ended it, which has been logged. An error that concerns one table holds that table (holds.hpp).
// Temporary errors are retried, by a service forever, by a run-once for `retry_time`. A service that has
// completed a poll retries every other error too, because the cause can be fixed while it runs; only an
// internal error ends it. One thread calls run(); ready() and trouble() may be called from any thread.
#pragma once
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/backoff.hpp"
#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/liveness.hpp"
#include "base/log_once.hpp"
#include "base/policies.hpp"
#include "loader/batch_loader.hpp"
#include "loader/delivery_log.hpp"
#include "loader/holds.hpp"
#include "loader/late_files.hpp"
#include "loader/outbox_publisher.hpp"
#include "loader/parse_ahead.hpp"
#include "loader/poll_schedule.hpp"
#include "loader/quarantine.hpp"
#include "loader/reload.hpp"
#include "metrics/metrics.hpp"
#include "notifier/notifier.hpp"
#include "source/discover.hpp"
#include "source/source.hpp"
#include "target/target.hpp"

namespace peo::loader {

struct LoaderOptions {
  bool service = false;  // ignored by a dry run, which is one pass
  PollOptions poll;
  std::chrono::nanoseconds retry_time{std::chrono::seconds(60)};
  std::chrono::nanoseconds full_listing_interval{std::chrono::hours(24)};  // 0: never
  bool notifications = true;
  LateFiles late_files = LateFiles::Apply;
  BadRowPolicy bad_rows{};
  source::DiscoverOptions discover;
  ReadOptions read;
};

class Loader {
 public:
  // All must outlive this.
  Loader(source::Source& source, target::Target& target, notifier::Notifier& notifier,
         metrics::Metrics& metrics, const Cancellation& stop, Liveness& liveness, LoaderOptions options);

  ExitCode run();

  // The target is open, the last listing succeeded, and no error is being retried.
  bool ready() const { return ready_; }
  // The error that is being retried, without values of rows; empty: there is none.
  std::string trouble() const;

 private:
  bool run_once();  // one poll; true if there may be more to load
  void open();
  void set_trouble(const std::string& text);
  void recovered();
  bool poll();
  source::Discovered discover();
  void set_scope(bool overdue, bool long_overdue);
  source::Discover::Stuck stuck() const;
  std::set<std::string> waiting_tables() const;
  bool load(std::vector<Delivery> due);
  void notify_and_count(const Committed& committed);
  using Unreadable = std::map<std::string, std::string>;  // by entity: the key of the object
  void keep_back(std::span<const Delivery> rest, const Error& error, const Unreadable& before);
  bool concerns_all(const Error& error, const Delivery& failed, std::span<const Delivery> rest);
  void hold_unreadable(const Delivery& delivery, const Error& error, const Unreadable& before);
  void log_idle(bool up_to_date);
  void log_waiting(const std::map<std::string, std::string>& waiting);
  bool passes(const Error& error) const;
  ExitCode failed(const Error& error);
  ExitCode finish();
  void publish_rest();

  source::Source& source_;
  target::Target& target_;
  metrics::Metrics& metrics_;
  const Cancellation& stop_;
  Liveness& liveness_;
  LoaderOptions options_;
  source::Discover discover_;
  OutboxPublisher outbox_;
  Backoff backoff_;
  DeliveryLog log_;
  Quarantine quarantine_;
  BatchLoader batches_;
  LateFileLoader late_file_loader_;
  ReloadLoader reload_loader_;
  PollSchedule schedule_;

  bool open_ = false;
  bool source_seen_ = false;
  bool healthy_ = false;  // a poll was completed
  Holds holds_;
  bool holds_restored_ = false;
  source::Scope scope_;  // of the next poll, then of this one
  Time full_listing_began_{};
  std::set<std::string> waiting_;  // entities that wait for something temporary
  std::set<std::string> blocked_;  // entities into which nothing more is loaded in this poll
  Unreadable unreadable_;          // in this poll
  std::chrono::steady_clock::time_point tables_read_{};
  std::optional<ObjectInfo> last_loaded_;  // the last object that was loaded
  bool more_waiting_ = false;              // more than fitted in the last round
  bool list_again_ = false;                // immediately, for an object that changed while it was read
  LogOnce log_once_;                       // waiting entities, and that nothing is left
  std::atomic<bool> ready_{false};
  mutable std::mutex mutex_;  // guards trouble_
  std::string trouble_;
};

}  // namespace peo::loader
