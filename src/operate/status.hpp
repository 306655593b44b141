// The verb status: what is loaded, what waits or is left out, and how it goes, from the target's tables and
// the bucket.
#pragma once
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/policies.hpp"
#include "operate/bucket_folders.hpp"
#include "operate/ledger_reader.hpp"
#include "source/discover.hpp"

namespace peo::operate {

struct EntityStatus {
  EntitySums sums;
  std::optional<PastDelivery> last;
  std::optional<source::Backlog> backlog;  // none: the bucket wasn't looked at, or has no folder for it
  HeldText held;                           // why nothing more is loaded into it; else empty
  Quarantined quarantined;
  std::uint64_t rows_last_hour = 0, files_last_hour = 0;
};

struct Status {
  std::string source, target;         // for people; no secrets
  std::string cluster;                // of Citus that the target is the coordinator of; else empty
  bool loaded_before = false;         // the loader's tables are there
  std::optional<std::string> loader;  // who holds the target
  std::map<std::string, EntityStatus> entities;
  std::vector<IncompleteFile> incomplete;  // some of those that are quarantined, or have rejected rows
  std::vector<std::string> unmatched;      // folders of the bucket without a table
  FolderFiles ignored;                     // in these
  IgnoredParquet parquet;                  // files of tables
  std::uint64_t unknown_files = 0;         // whose names are not those of full-load or change files
  std::chrono::seconds behind_after{};     // how long a file may wait while a loader runs
  bool bucket_listed = false;
  Outbox outbox;
  std::optional<std::string> bucket_trouble;      // why the bucket couldn't be looked at
  std::optional<std::string> target_trouble;      // why the target couldn't; read_page() tells the rest
  std::optional<nlohmann::ordered_json> process;  // what a running loader says of itself (/status.json)
  Time now{};
};

// Fills in what the ledger knows.
void read_ledger(Status& status, LedgerReader& ledger);
// Adds what waits in the bucket.
void add_backlog(Status& status, const source::Discovered& found, LateFiles late_files);

// What a running loader says in place of a target that can't be reached. False: `status.process` isn't its
// page.
bool read_page(Status& status);

std::string status_text(const Status& status);
nlohmann::ordered_json status_json(const Status& status);

}  // namespace peo::operate
