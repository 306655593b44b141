// The state of loading: one word, the reasons as sentences, and what to do about it. The status page, status,
// plan, check, /readyz and systemd show what these functions return. Pure functions.
//
// If several states apply, the most urgent one gives the word, in this order: "held", "quarantined",
// "behind", "unsent", "ignored". The sentences describe all of them. "caught up": none of them applies, or
// the waiting files are recent.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/object.hpp"
#include "metrics/metrics.hpp"

namespace peo::operate {

struct ProcessNow;
struct Status;

struct StateWord {
  std::string
      word;  // as above, or "starting", "standing by", "stuck", "stopping", "not loaded yet", "unknown"
  std::string why;
  std::string hint;  // empty: there is nothing to do
};
// How the hint of a state whose files status lists begins.
inline constexpr const char* list_files_hint = "List the files with paper-engine-orders status. ";
std::string text_of(const StateWord& state);  // "behind: 2 files are waiting, …"

// What a running loader knows from its metrics; commands fill in the same from the ledger and the bucket.
using Facts = metrics::Metrics::Snapshot;

// What is ignored in the bucket, by reason: prefixes without a table, Parquet files, files with other names.
struct IgnoredObjects {
  std::string reason;     // as the metric ignored_objects names it
  std::string what, why;  // "2 Parquet files", "There is no DuckDB library"; without the final period
};
std::vector<IgnoredObjects> ignored_objects(const Facts& facts);
Facts facts_of(const Status& status);

// `behind_after`: how long a file may wait; none: not at all, because no loader is active.
StateWord state_of(const Facts& facts, Time time, std::optional<std::chrono::seconds> behind_after);

// Of a running loader. `holder`: the loader that holds the target's lock; empty if unknown.
StateWord state_of(const ProcessNow& now, const std::string& holder, Time time,
                   std::chrono::seconds behind_after);

// Of a target and its bucket, as a command sees them. What only a running loader knows (that it is stuck,
// starting or stopping) is taken from its status page, if it responds.
StateWord state_of(const Status& status);

}  // namespace peo::operate
