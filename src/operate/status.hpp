// The command status: what is loaded, waiting or ignored, and the state of loading, from the target's tables
// and the bucket.
#pragma once
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/policies.hpp"
#include "operate/bucket_prefixes.hpp"
#include "operate/ledger_reader.hpp"
#include "source/discover.hpp"

namespace peo::operate {

struct EntityStatus {
  EntitySums sums;
  std::optional<PastDelivery> last;
  std::optional<source::Backlog> backlog;  // none: the bucket wasn't listed, or has no prefix for it
  HeldText held;                           // why nothing more is loaded into it; else empty
  Quarantined quarantined;
  std::uint64_t rows_last_hour = 0, files_last_hour = 0;
};

struct Status {
  std::string source, target;         // for display; no secrets
  std::string cluster;                // if the target is a Citus coordinator; else empty
  bool loaded_before = false;         // the loader's tables exist
  std::optional<std::string> loader;  // the active one
  std::map<std::string, EntityStatus> entities;
  std::vector<IncompleteFile> incomplete;  // some of those that are quarantined, or have rejected rows
  std::vector<std::string> unmatched;      // prefixes of the bucket without a table
  PrefixFiles ignored;                     // in these
  IgnoredParquet parquet;                  // files of tables
  std::uint64_t unknown_files = 0;         // whose names are not those of full-load or change files
  std::chrono::seconds behind_after{};     // how long a file may wait while a loader runs
  bool bucket_listed = false;
  std::set<std::string> late_files;               // keys of those that this listing has found
  std::optional<Time> last_full_listing;          // by a loader
  std::optional<Outbox> outbox;                   // none: unknown
  std::optional<std::string> bucket_trouble;      // why the backlog couldn't be determined
  std::optional<std::string> target_trouble;      // why the target couldn't be queried; see read_page()
  std::string backlog_at{};                       // then: when the loader last polled; empty: it hasn't
  std::optional<nlohmann::ordered_json> process;  // /status.json of this target's running loader
  std::string no_page{};                          // that it doesn't respond; empty: it does, or there is none
  Time now{};
};

// Fills in what the ledger records.
void read_ledger(Status& status, LedgerReader& ledger);
// Adds what waits in the bucket.
void add_backlog(Status& status, const source::Discovered& found, LateFiles late_files);

// Fills in what a running loader reports, if the target can't be reached. False: `status.process` isn't the
// status page of its loader.
bool read_page(Status& status);

std::string status_text(const Status& status);
nlohmann::ordered_json status_json(const Status& status);

}  // namespace peo::operate
