// What became of deliveries, for the log, the subscribers (step 7) and the operators; and the sums of a run.
// One thread.
#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "base/backoff.hpp"
#include "base/delivery.hpp"
#include "base/error.hpp"
#include "base/log_once.hpp"
#include "loader/load_delivery.hpp"
#include "loader/outbox_publisher.hpp"
#include "metrics/metrics.hpp"
#include "source/discover.hpp"
#include "source/source.hpp"
#include "target/target.hpp"

namespace peo::loader {

class DeliveryLog {
 public:
  // All must outlive this. `notifications`: publish after each commit.
  DeliveryLog(source::Source& source, target::Target& target, metrics::Metrics& metrics,
              OutboxPublisher& outbox, Backoff& backoff, bool notifications)
      : source_(source),
        target_(target),
        metrics_(metrics),
        outbox_(outbox),
        backoff_(backoff),
        notifications_(notifications) {}

  // "Delivery 26: process_dbo data/dbo/strategies/LOAD00000001.csv.gz."
  void started(const Delivery& delivery, std::uint64_t id) const;
  // After the commit. Deliveries that went in together share the time that they took. Throws when the target
  // was lost while messages were marked: the deliveries are in all the same.
  void loaded(std::span<const Delivery> deliveries, std::span<const LoadResult> loaded,
              std::chrono::steady_clock::time_point began);
  // An error broke the delivery off.
  void failed(const Delivery& delivery, const Error& error) const;
  void quarantined(const Delivery& delivery, std::uint64_t id, const Error& error);
  // A policy or an operator has decided; `id`: the delivery that it is recorded as, 0 when as none.
  void policy_applied(const Delivery& delivery, metrics::Policy policy, std::uint64_t id,
                      const std::string& words);
  void found(const source::Discovered& found);

  void forget_totals() { totals_.clear(); }  // what a dry run has predicted is lost
  void log_summary() const;

 private:
  struct Total {
    std::uint64_t deliveries = 0, rows = 0, rejected = 0;
    RowCounts effects;
  };
  void log_columns(const Delivery& delivery, const LoadResult& loaded);
  void count(const Delivery& delivery, const LoadResult& loaded, std::chrono::steady_clock::duration elapsed);
  void log_ignored_rows(const Delivery& delivery, const FileStats& facts);

  source::Source& source_;
  target::Target& target_;
  metrics::Metrics& metrics_;
  OutboxPublisher& outbox_;
  Backoff& backoff_;
  bool notifications_;
  std::map<std::string, Total> totals_;
  LogOnce said_;  // what was left alone or left out of whose files
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace peo::loader
