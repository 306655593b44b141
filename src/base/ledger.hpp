// What discover asks of the ledger (the target's `loader_deliveries`): what is in, and where to look on.
// A plain interface in base, because source and target never include one another. Errors: peo::Error.
#pragma once
#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "base/object.hpp"

namespace peo {

// The newest ledger row of an object key and entity.
struct LedgerEntry {
  std::uint64_t delivery_id = 0;
  std::string etag;  // the newest that these bytes were seen with
  int generation = 1;
  int revision = 1;
  bool loaded = true;  // false: skipped or quarantined
  std::string sha256{};
  Time last_modified{};        // of that ETag
  bool ever_loaded = true;     // by this row or one before it
  std::uint64_t rejected = 0;  // of its rows
};

// What of an entity isn't in its table until an operator replays or skips it: files, and rows of loaded
// files.
struct Quarantined {
  std::uint64_t files = 0, rows = 0;
  bool any() const { return files + rows != 0; }
};

// A place in the order of an entity's change files: the time in the name, then the key.
struct Position {
  Time time{};
  std::string key;
  // clang-tidy 14 takes the comparison with 0 that this generates for a null pointer.
  friend auto operator<=>(const Position&, const Position&) = default;  // NOLINT(modernize-use-nullptr)
};

// How far an entity is in. An entity that the ledger doesn't know has the defaults.
struct EntityState {
  int generation = 1;              // of its full load
  std::optional<Time> snapshot;    // of a reload, as its oldest file was written: older changes are in it
  std::optional<Position> newest;  // the newest change file of this generation that is in, and not skipped
  std::optional<Time> newest_carried;  // the name of the newest transaction file that is in with rows of it
  // Where to list from. Only names that are credible count: one of the year 9999 would hide every later file.
  std::string layout_key;  // a change file of this or the previous generation; its key shows the layout
  std::string
      loaded_key;  // a file that was loaded, full load or change: its prefix is that of the table's rows
  std::optional<Time> listed_to;  // the newest name of this generation
  std::optional<Time>
      look_back_to;  // the name that is `look_back_files` files before it; none: there are fewer
};

// AWS DMS names a change file by the time at which it closes it, just before it writes it. A later name is
// that of another time zone, or of a clock that was wrong: no zone is so far ahead of UTC as this.
constexpr std::chrono::seconds longest_name_lead = std::chrono::hours(24);
inline bool is_credible(Time name_time, Time last_modified) {
  return name_time - last_modified <= longest_name_lead;
}

// A delivery that is in, as an object of the bucket: to be read again.
struct LoadedObject {
  std::uint64_t delivery_id = 0;
  std::string entity;  // that it was found as
  ObjectInfo object;
  Time name_time{};
};

// An operator's request that is still open.
struct OpenRequest {
  Request request;
  std::string object_key;
};

class Ledger {
 public:
  Ledger() = default;
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  virtual ~Ledger() = default;

  // Of those keys that are in the ledger as files of the entity, the newest entry; absent keys are absent.
  virtual std::map<std::string, LedgerEntry> find(const std::string& entity,
                                                  std::span<const std::string> object_keys) = 0;

  // By entity; one of which nothing is in may be absent.
  virtual std::map<std::string, EntityState> states(std::span<const std::string> entities,
                                                    std::uint64_t look_back_files) = 0;

  // A page of an entity's change files that are loaded in this generation and stand behind `after`, in order;
  // transaction files with rows of it among them.
  virtual std::vector<LoadedObject> loaded_after(const std::string& entity, int generation,
                                                 const Position& after, std::size_t limit) = 0;

  virtual std::vector<OpenRequest> open_requests() = 0;
};

}  // namespace peo
