// What one entity has to offer in this round: its listing minus the ledger.
//
// take() is given the listing's pages, finish() is called behind the last; then `due` is what is to be
// loaded, in order. Change files are judged one by one: next in order, late, written again, older than a
// reload. LOADs are judged together: when one that is in has been written again, the files that were written
// with it are a new full load (a reload), which is taken alone, once it has settled. Memory: at most
// `round_limit` change files, and all LOADs. One thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "base/ledger.hpp"
#include "base/time_zone.hpp"

namespace peo::source {

struct DueFilesOptions {
  std::size_t round_limit = 2000;
  // A reload is complete when nothing of it has been written for so long, or a change file is named later.
  std::chrono::seconds reload_settle{std::chrono::minutes(10)};
  Time now{};
  const TimeZone* names_zone = nullptr;  // of the times in the files' names; null: UTC
};

// When the change file was closed whose name shows that time. In an hour that the clock shows twice, the time
// at which the object was written tells which: one that was there before the second can only be of the first.
Time moment_of(Time in_name, Time last_modified, const TimeZone* names_zone);

struct Backlog {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::optional<Time> oldest;  // LastModified
};

class DueFiles {
 public:
  // `ledger` must outlive this. `requests`: by object key.
  DueFiles(Ledger& ledger, const EntityState& state, const std::map<std::string, Request>& requests,
           DueFilesOptions options)
      : ledger_(ledger), state_(state), requests_(requests), options_(options) {}

  void take(std::vector<Delivery> page);
  // A manifest whose file came with the page before it.
  void attach_manifest(const ObjectInfo& manifest);
  void finish();
  // More is due than fits, and this key, the last that was listed, is behind all that fits: what comes after
  // it in the order of the names needn't be listed now. A reload is judged by the whole listing.
  bool is_full_before(const std::string& key) const;
  // How many of the files so far are due, or in doubt; of the full-load files those that are new or changed.
  std::uint64_t found() const { return backlog.files + new_loads_ + doubtful_; }

  std::vector<Delivery> due;  // a heap while listing, the last on top; then sorted
  bool cut = false;           // more is due than `due` holds
  Backlog backlog;
  std::optional<std::string> waiting;  // a reload that has not settled: what it waits for, and until when
  struct Held {
    std::string object_key, reason;
  };
  std::optional<Held> held;           // a rewritten LOAD that can't be taken as a reload
  std::optional<Delivery> ambiguous;  // a change file of an hour that comes twice: of which isn't known
  std::set<std::string> requested;    // keys of requests that were listed
  std::map<std::uint64_t, std::string> rejected_requests;  // requests that come to nothing, and why

 private:
  struct Load {
    Delivery delivery;
    std::optional<LedgerEntry> entry;
    // Another ETag than the ledger's, or written again with the same.
    bool changed() const { return entry && entry->etag != delivery.object.etag; }
    bool written() const {
      return !entry || changed() || entry->last_modified < delivery.object.last_modified;
    }
  };

  void classify(Delivery delivery, const LedgerEntry* entry);
  bool is_doubtful(const Delivery& delivery) const;
  bool is_reload() const;
  void judge_loads();
  void reload();
  bool carried_after(std::optional<Time> time) const;
  void count_waiting(const ObjectInfo& object);
  void add(Delivery delivery);
  bool answered(const Delivery& delivery, const LedgerEntry* entry);

  Ledger& ledger_;
  const EntityState& state_;
  const std::map<std::string, Request>& requests_;
  DueFilesOptions options_;
  std::vector<Load> loads_;
  std::uint64_t new_loads_ = 0, doubtful_ = 0;
  std::optional<Time> latest_change_;  // listed, with a credible name
};

}  // namespace peo::source
