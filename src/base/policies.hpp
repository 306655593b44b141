// What a user may choose for what does not go as it should. Each choice and its promise: docs/guarantees.md.
#pragma once

namespace peo {

// A change file whose place is before one that is in already, or that was written again with other bytes.
enum class LateFiles {
  Apply,  // as if it had come in time
  Hold,   // its entity takes nothing more until a person has looked
  Skip    // recorded as skipped
};

}  // namespace peo
