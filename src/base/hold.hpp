// Why a table, or the stream of transaction files, is held and nothing more is loaded into it (loader_holds).
// Plain values.
#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "base/error.hpp"
#include "base/object.hpp"

namespace peo {

struct Hold {
  std::string object_key;  // empty: the table itself
  std::string etag;        // empty: found by the listing
  std::string reason;      // without values from the rows of a file
  std::string hint;
  ExitCode exit_code = ExitCode::BadInput;
  bool may_pass = false;
  bool waits_for_lock = false;
  bool in_order = false;  // each listing finds the object
  std::uint64_t tries = 1;
  Time since{}, next_try{};
  Time logged{};  // of this process
};

// As it is shown: "dbo/orders/20220922-095853123.csv.gz: line 3: too many fields".
inline std::string text_of(const Hold& hold) {
  return (hold.object_key.empty() ? "" : shortened(hold.object_key, 300) + ": ") + hold.reason;
}

using HoldsByEntity = std::map<std::string, Hold>;

// Where the cause has no hint of its own.
inline constexpr const char* general_hold_hint =
    "Correct the file or the table; or apply the file as it is with paper-engine-orders replay KEY, or skip "
    "it with skip KEY --reason WHY.";

// The same for status and the status page: without values of the file's rows.
struct HeldText {
  std::string reason;
  std::string hint{};  // empty: the general hint of the state "held" applies
  bool waits_for_lock = false;
  friend bool operator==(const HeldText&, const HeldText&) = default;
};
using HeldTexts = std::map<std::string, HeldText>;  // by entity

}  // namespace peo
