// Loader: carries deliveries from a Source into a Target and tells a Notifier, one after the other, for ever
// or until nothing is left. This folder is the way of a delivery; read loader.cpp from the top.
//
// run() ends with an exit code: 0 when there is nothing left (run once) or a stop was asked for; else that of
// the error that ended it, which has been logged. Errors that may pass are tried again: as a service for
// ever, run once for `retry_time`. One thread calls run(); ready() may be asked from any.
#pragma once
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/backoff.hpp"
#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/liveness.hpp"
#include "base/policies.hpp"
#include "loader/batch_loader.hpp"
#include "loader/delivery_log.hpp"
#include "loader/in_order_loader.hpp"
#include "loader/late_files.hpp"
#include "loader/outbox_publisher.hpp"
#include "loader/parse_ahead.hpp"
#include "loader/quarantine.hpp"
#include "metrics/metrics.hpp"
#include "notifier/notifier.hpp"
#include "source/discover.hpp"
#include "source/source.hpp"
#include "target/target.hpp"

namespace peo::loader {

struct LoaderOptions {
  bool service = false;  // a dry run is one pass, whatever this says
  std::chrono::nanoseconds min_sleep{std::chrono::seconds(15)};
  std::chrono::nanoseconds max_sleep{std::chrono::seconds(30)};
  std::chrono::nanoseconds retry_time{std::chrono::seconds(60)};
  std::chrono::nanoseconds full_listing_interval{std::chrono::hours(24)};  // 0: never
  bool notifications = true;
  std::uint64_t full_load_transaction_bytes = UINT64_MAX;  // of objects, in one transaction
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

  bool ready() const { return ready_; }  // the target is open and the last listing went well

 private:
  bool run_once();  // one round; true when there may be more
  void open();
  bool poll();
  bool load(std::vector<Delivery> due);
  void hold(const source::Held& held);
  void log_waiting(const std::map<std::string, std::string>& waiting);
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
  InOrderLoader in_order_loader_;
  LateFileLoader late_file_loader_;
  std::minstd_rand random_;

  bool open_ = false;
  bool source_seen_ = false;
  std::map<std::string, std::string> held_;  // entities, in this round, and why
  std::set<std::string> said_;               // what holds or waits, each once
  std::atomic<bool> ready_{false};
};

}  // namespace peo::loader
