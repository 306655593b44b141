// The files of one entity that are due in this round: its listing minus the ledger.
//
// Pass the listing's pages to take() and call finish() after the last; then `due` has the files to load, in
// order. Change files are classified one by one: next in order, late, rewritten, older than a reload. LOADs
// are classified together: when a loaded one has been rewritten, the files written with it are a new full
// load (a reload), which is loaded alone, once it has settled. Memory: at most `round_limit` change files,
// and all LOADs. One thread.
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
  // A reload is complete when none of its files has been written for this long, or a later change file
  // exists.
  std::chrono::seconds reload_settle{std::chrono::minutes(10)};
  Time now{};
  const TimeZone* names_zone = nullptr;  // of the times in file names; null: UTC
};

// When the change file with this time in its name was closed. In an hour that repeats, the time at which the
// object was written decides: one written before the second occurrence can only be of the first.
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
  // A manifest whose file was on the previous page.
  void attach_manifest(const ObjectInfo& manifest);
  void finish();
  // More files are due than fit, and this key, the last one listed, sorts after all that fit: later keys
  // needn't be listed now. A reload needs the whole listing.
  bool is_full_before(const std::string& key) const;
  // The number of files so far that are due or ambiguous; of the full-load files those that are new or
  // changed.
  std::uint64_t found() const { return backlog.files + new_loads_ + ambiguous_files_; }

  std::vector<Delivery> due;  // a max-heap while listing, then sorted
  bool cut = false;           // more is due than `due` holds
  Backlog backlog;
  std::optional<std::string> waiting;  // a reload that has not settled: what it waits for, and until when
  struct Held {
    std::string object_key, reason;
  };
  std::optional<Held> held;           // a rewritten LOAD that isn't part of a reload
  std::optional<Delivery> ambiguous;  // a change file of a repeated hour, of unknown occurrence
  std::set<std::string> requested;    // keys of requests that were listed
  std::map<std::uint64_t, std::string> rejected_requests;  // by request id: why it has no effect

 private:
  struct Load {
    Delivery delivery;
    std::optional<LedgerEntry> entry;
    // A different ETag than the ledger's; written(): or rewritten with the same one.
    bool changed() const { return entry && entry->etag != delivery.object.etag; }
    bool written() const {
      return !entry || changed() || entry->last_modified < delivery.object.last_modified;
    }
  };

  void classify(Delivery delivery, const LedgerEntry* entry);
  bool is_ambiguous(const Delivery& delivery) const;
  bool is_reload() const;
  void classify_loads();
  void reload();
  bool carried_after(std::optional<Time> time) const;
  void count_waiting(const ObjectInfo& object);
  void add(Delivery delivery);
  bool rejects_request(const Delivery& delivery, const LedgerEntry* entry);

  Ledger& ledger_;
  const EntityState& state_;
  const std::map<std::string, Request>& requests_;
  DueFilesOptions options_;
  std::vector<Load> loads_;
  std::uint64_t new_loads_ = 0, ambiguous_files_ = 0;
  std::optional<Time> latest_change_;  // of the listed ones with a credible name
};

}  // namespace peo::source
