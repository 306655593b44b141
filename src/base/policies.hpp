// Policies for exceptional cases, chosen by the user. What each guarantees: docs/guarantees.md.
#pragma once
#include <cstdint>

namespace peo {

// A change file that sorts before a loaded one, or that was rewritten with different bytes.
enum class LateFiles {
  Apply,  // load it as if it had been on time
  Hold,   // hold its entity until an operator decides
};

// A row that can't be loaded: an invalid value, the wrong number of fields.
enum class BadRows {
  Stop,                // hold its table; load nothing from the delivery
  QuarantineRow,       // reject it into loader_rejects; load the others
  QuarantineDelivery,  // load nothing from the delivery, record it, and continue
};
struct BadRowPolicy {
  BadRows action = BadRows::Stop;
  std::uint64_t most_rows = 100;  // rejected per delivery; more stop the loader
  std::uint64_t most_deliveries =
      10;  // quarantined in a row, with none loaded in between; more stop the loader
};

// Columns of a file that its table lacks.
enum class SchemaDrift {
  Stop,    // don't load the file
  Ignore,  // ignore them
  Add,     // add them to the table
};

// How many rows a delivery may remove from a table. Exceeding both limits stops the loader.
struct RemovalLimit {
  double share = 0.5;            // of the previous rows; 1: no limit
  std::uint64_t rows = 100'000;  // up to this many may always be removed
};

}  // namespace peo
