// Loader: carries deliveries from a Source into a Target and tells a Notifier, one after the other, for ever
// or until nothing is left. This folder is the way of a delivery; read loader.cpp from the top.
//
// run() ends with an exit code: 0 when there is nothing left (run once) or a stop was asked for; else that of
// the error that ended it, which has been logged. Errors that may pass are tried again: as a service for
// ever, run once for `retry_time`. One thread calls run(); status() may be asked from any.
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
#include "base/error.hpp"
#include "base/stop.hpp"
#include "loader/load_delivery.hpp"
#include "loader/outbox_publisher.hpp"
#include "loader/read_ahead.hpp"
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
  source::DiscoverOptions discover;
  ReadOptions read;
};

class Loader {
 public:
  // All must outlive this.
  Loader(source::Source& source, target::Target& target, notifier::Notifier& notifier,
         metrics::Metrics& metrics, const Stop& stop, LoaderOptions options);

  ExitCode run();

  struct Status {
    bool ready = false;       // the target is open and the last listing went well
    double idle_seconds = 0;  // since the main loop last gave a sign of life
  };
  Status status() const;

 private:
  struct Total {
    std::uint64_t deliveries = 0, rows = 0;
    Effects effects;
  };

  bool work();  // one round; true when there may be more
  void open();
  bool round();
  void load_all(const std::vector<FoundDelivery>& due);
  struct SmallDone {
    std::size_t loaded = 0;
    bool reader_moved = false;  // past a delivery that is not in: it must be read again
  };
  bool is_small(const FoundDelivery& delivery) const;
  SmallDone load_small(std::span<const FoundDelivery> due, ReadAhead& reader);
  void load_group(std::span<const FoundDelivery> group, ReadAhead& reader, target::Way way);
  void finish_deliveries(std::span<const FoundDelivery> deliveries, std::span<const Loaded> loaded,
                         std::chrono::steady_clock::time_point began);
  void count_delivery(const FoundDelivery& delivery, const Loaded& loaded,
                      std::chrono::steady_clock::duration elapsed);
  void take_up(const FoundDelivery& delivery);
  void say_held(const std::vector<source::Held>& held);
  void show_backlog(const source::Discovered& found);
  ExitCode failed(const Error& error);
  ExitCode finish();
  void publish_rest();
  void say_summary() const;
  void tick();

  source::Source& source_;
  target::Target& target_;
  metrics::Metrics& metrics_;
  const Stop& stop_;
  LoaderOptions options_;
  source::Discover discover_;
  OutboxPublisher outbox_;
  Backoff backoff_;
  std::minstd_rand random_;

  bool open_ = false;
  bool source_seen_ = false;
  std::vector<FoundDelivery> in_doubt_;  // what was in work when an error came: was it committed?
  std::set<std::string> held_said_;
  bool held_ = false;
  std::map<std::string, Total> totals_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::atomic<bool> ready_{false};
  std::atomic<std::chrono::steady_clock::rep> ticked_{0};
};

}  // namespace peo::loader
