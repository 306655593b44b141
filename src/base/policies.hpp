// What a user may choose for what does not go as it should. Each choice and its promise: docs/guarantees.md.
#pragma once
#include <cstdint>

namespace peo {

// A change file whose place is before one that is in already, or that was written again with other bytes.
enum class LateFiles {
  Apply,  // as if it had come in time
  Hold,   // its entity takes nothing more until a person has looked
};

// A row that can't be loaded: a value that doesn't fit, the wrong number of fields.
enum class BadRows {
  Stop,                // its table is held, with the reason; nothing of the delivery is loaded
  QuarantineRow,       // it is set aside in loader_rejects, the others are loaded
  QuarantineDelivery,  // nothing of the delivery is loaded; it is recorded, and the loader goes on
};
struct BadRowPolicy {
  BadRows action = BadRows::Stop;
  std::uint64_t most_rows = 100;       // set aside of one delivery; more stop
  std::uint64_t most_deliveries = 10;  // set aside in a row, without a loaded one between them; more stop
};

// Columns that a file carries and its table doesn't have.
enum class SchemaDrift {
  Stop,    // the file can't be loaded
  Ignore,  // they are left out
  Add,     // the table gets them
};

// What a delivery may take away from a table. More than both stops.
struct RemovalLimit {
  double share = 0.5;            // of the rows that were there before; 1: any
  std::uint64_t rows = 100'000;  // so many are never looked at
};

}  // namespace peo
