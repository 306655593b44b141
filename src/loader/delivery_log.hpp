// Logs the results of deliveries, counts them in the metrics, and sums them up for a run. It has no other
// effect. One thread.
#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/delivery.hpp"
#include "base/error.hpp"
#include "base/log_once.hpp"
#include "loader/load_delivery.hpp"
#include "metrics/metrics.hpp"
#include "source/discover.hpp"
#include "source/source.hpp"

namespace peo::loader {

class DeliveryLog {
 public:
  // Both must outlive this. `persists`: false for a dry run.
  DeliveryLog(source::Source& source, metrics::Metrics& metrics, bool persists)
      : source_(source), metrics_(metrics), persists_(persists) {}

  // "Delivery 26: process_dbo data/dbo/strategies/LOAD00000001.csv.gz."; nothing for retries.
  void started(const Delivery& delivery, std::uint64_t id);
  // After the commit: "Delivery 26: persisted {…}."
  void persisted(const Committed& committed);
  // At the end, with the time since the start, which deliveries that were loaded together share equally.
  // `notify_seconds`: the part of it that was spent publishing.
  void processed(const Committed& committed, double notify_seconds);
  // The delivery failed with an error.
  void failed(const Delivery& delivery, const Error& error) const;
  void quarantined(const Delivery& delivery, std::uint64_t id, const Error& error);
  // A policy or an operator's request was applied. `id`: the delivery that was recorded for it; 0: none.
  void policy_applied(const Delivery& delivery, metrics::Policy policy, std::uint64_t id,
                      const std::string& words);
  void found(const source::Discovered& found);

  bool persists() const { return persists_; }
  void clear_totals() { totals_.clear(); }  // the predictions of a dry run are lost
  void log_summary() const;

 private:
  struct Total {
    std::uint64_t deliveries = 0, rows = 0, rejected = 0;
    RowCounts effects;
  };
  LogFields fields(const Delivery& delivery, std::uint64_t id) const;
  void log_empty_texts(const Delivery& delivery, const LoadResult& loaded) const;
  void log_columns(const Delivery& delivery, const LoadResult& loaded);
  void log_absent_columns(const Delivery& delivery, const LoadResult& loaded);
  void count(const Delivery& delivery, const LoadResult& loaded, std::chrono::steady_clock::duration elapsed,
             double notify_seconds);
  void log_ignored_rows(const Delivery& delivery, const FileStats& facts);

  source::Source& source_;
  metrics::Metrics& metrics_;
  bool persists_;
  std::map<std::string, Total> totals_;
  std::map<std::string, std::uint64_t> begun_;  // by key: deliveries that were started and aren't loaded
  std::map<std::string, std::set<std::string>> absent_columns_;  // by entity, of its last file
  std::map<std::string, Time> oldest_waiting_;                   // by entity
  LogOnce log_once_;                                             // rows and columns that were ignored
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace peo::loader
