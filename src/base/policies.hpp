// What a user may choose for what does not go as it should. Each choice and its promise: docs/guarantees.md.
#pragma once
#include <cstdint>

namespace peo {

// A change file whose place is before one that is in already, or that was written again with other bytes.
enum class LateFiles {
  Apply,  // as if it had come in time
  Hold,   // its entity takes nothing more until a person has looked
  Skip    // recorded as skipped
};

// What a delivery may take away from a table. More than both stops.
struct RemoveLimit {
  double share = 0.5;            // of the rows that were there before; 1: any
  std::uint64_t rows = 100'000;  // so many are never looked at
};

}  // namespace peo
