// What discover asks of the ledger (the target's `loader_deliveries`): what is in, and where to look on.
// A plain interface in base, because source and target never include one another. Errors: peo::Error.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "base/object.hpp"

namespace peo {

// The newest ledger row of an object key.
struct LedgerEntry {
  std::uint64_t delivery_id = 0;
  std::string etag;
  int generation = 1;
};

// How far an entity's change files are in.
struct Cursor {
  Time newest{};           // the newest name time that is in
  std::string newest_key;  // that file's key
  Time look_back_to{};     // the name time that stands `look_back_files` files before it; 1970 when there are
                           // fewer
};

class Ledger {
 public:
  Ledger() = default;
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  virtual ~Ledger() = default;

  // Of those keys that are in the ledger, the newest entry; absent keys are absent.
  virtual std::map<std::string, LedgerEntry> find(std::span<const std::string> object_keys) = 0;

  // By entity; an entity without a change file in the ledger is absent.
  virtual std::map<std::string, Cursor> cursors(std::uint64_t look_back_files) = 0;
};

}  // namespace peo
