// The command plan: reports a dry run of the loader. Nothing is changed.
#pragma once
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/error.hpp"
#include "operate/bucket_prefixes.hpp"
#include "operate/state.hpp"
#include "target/dry_run/dry_run_target.hpp"

namespace peo::operate {

struct Plan {
  StateWord state;                      // before it
  std::set<std::string> late_files;     // keys of those that a normal poll lists, too
  ExitCode exit_code = ExitCode::Done;  // how the dry run ended
  std::string why;                      // its last error; empty if it succeeded
  target::PlannedChanges planned_changes;
  Facts facts;          // after it: what it couldn't load or ignores
  PrefixFiles ignored;  // under the bucket's prefixes without a table
  Time now{};
};

std::string plan_text(const Plan& plan, std::size_t most_files);
nlohmann::ordered_json plan_json(const Plan& plan);

}  // namespace peo::operate
