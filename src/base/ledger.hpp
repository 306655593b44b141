// The interface between discover and the ledger (the target's `loader_deliveries`): which files are loaded,
// and where to continue. It is in base, because source and target never include one another. Errors:
// peo::Error.
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
  std::string etag;  // the newest ETag of these bytes
  int generation = 1;
  int revision = 1;
  bool loaded = true;  // false: skipped or quarantined
  std::string sha256{};
  Time last_modified{};        // of that ETag
  bool ever_loaded = true;     // by this or an earlier entry
  std::uint64_t rejected = 0;  // number of rejected rows
};

// What an entity's table lacks until an operator replays or skips it: quarantined files, and rejected rows of
// loaded files.
struct Quarantined {
  std::uint64_t files = 0, rows = 0;
  bool any() const { return files + rows != 0; }
};

// A position in the order of an entity's change files: the time in the name, then the key.
struct Position {
  Time time{};
  std::string key;
  // clang-tidy 14 mistakes the generated comparison with 0 for a null pointer.
  friend auto operator<=>(const Position&, const Position&) = default;  // NOLINT(modernize-use-nullptr)
};

// How far an entity is loaded. An entity that is not in the ledger has the defaults.
struct EntityState {
  int generation = 1;              // of its full load
  std::optional<Time> snapshot;    // when the oldest file of a reload was written; it includes older changes
  std::optional<Position> newest;  // the newest loaded (not skipped) change file of this generation
  std::optional<Time> newest_carried;  // name of the newest loaded transaction file with rows of it
  // Where to list from. Only credible names count: one of the year 9999 would hide every later file.
  std::string layout_key;  // a change file of this or the previous generation; its key shows the layout
  std::string loaded_key;  // any loaded file: its prefix is where the table's rows come from
  std::optional<Time> listed_to;     // the newest name of this generation
  std::optional<Time> look_back_to;  // the name `look_back_files` files before that; none: there are fewer
};

// AWS DMS names a change file by the time at which it closes it, just before it writes it. A later name is in
// another time zone, or from a wrong clock: no zone is this far ahead of UTC.
constexpr std::chrono::seconds longest_name_lead = std::chrono::hours(24);
inline bool is_credible(Time name_time, Time last_modified) {
  return name_time - last_modified <= longest_name_lead;
}

// A loaded delivery as an object of the bucket, to be read again.
struct LoadedObject {
  std::uint64_t delivery_id = 0;
  std::string entity;  // as which it was loaded
  ObjectInfo object;
  Time name_time{};
};

// An open request of an operator.
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

  // The newest entries of these keys as files of the entity; keys that are not in the ledger are absent.
  virtual std::map<std::string, LedgerEntry> find(const std::string& entity,
                                                  std::span<const std::string> object_keys) = 0;

  // By entity; one without loaded files may be absent.
  virtual std::map<std::string, EntityState> states(std::span<const std::string> entities,
                                                    std::uint64_t look_back_files) = 0;

  // A page of an entity's change files that are loaded in this generation and sort after `after`, in order,
  // including transaction files with rows of it.
  virtual std::vector<LoadedObject> loaded_after(const std::string& entity, int generation,
                                                 const Position& after, std::size_t limit) = 0;

  virtual std::vector<OpenRequest> open_requests() = 0;
};

}  // namespace peo
