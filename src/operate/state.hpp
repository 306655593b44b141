// The state of the loading in a word, why in sentences, and what to do about it. The status page, status,
// plan, check, /readyz and systemd show what these functions return. Pure functions.
//
// Of several states the one that needs a person most gives the word: "held", "quarantined", "behind",
// "unsent", "ignored". The sentences tell of all of them. "caught up": none of them, or what waits is fresh.
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
std::string text_of(const StateWord& state);  // "behind: 2 files wait, …"

// What a running loader's metrics know; commands fill in the same from the ledger and the bucket.
using Facts = metrics::Metrics::Snapshot;

// What of the bucket is ignored, by reason: folders without a table, Parquet files, files of other names.
struct IgnoredObjects {
  std::string reason;     // as the metric ignored_objects names it
  std::string what, why;  // "2 Parquet files", "There is no DuckDB library"; the sentence without its end
};
std::vector<IgnoredObjects> ignored_objects(const Facts& facts);
Facts facts_of(const Status& status);

// `behind_after`: how long a file may wait; none: not at all, because nobody is loading.
StateWord state_of(const Facts& facts, Time time, std::optional<std::chrono::seconds> behind_after);

// Of a running loader. `holder`: who holds the target; empty when that is not known.
StateWord state_of(const ProcessNow& now, const std::string& holder, Time time,
                   std::chrono::seconds behind_after);

// Of a target and its bucket, as a command sees them. What only a loader knows of itself (it is stuck, or
// starts or stops) is taken from its page, where one answers.
StateWord state_of(const Status& status);

}  // namespace peo::operate
