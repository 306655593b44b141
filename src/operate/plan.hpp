// The verb plan: a dry run of the loader, told as a plan. Nothing is changed.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.hpp"
#include "operate/bucket_folders.hpp"
#include "operate/state.hpp"
#include "target/dry_run/dry_run_target.hpp"

namespace peo::operate {

struct Plan {
  StateWord state;                      // before it
  ExitCode exit_code = ExitCode::Done;  // how the dry run ended
  std::string why;                      // its last error; empty when it ended well
  target::PlannedChanges planned_changes;
  Facts facts;          // after it: what it couldn't load, or ignores
  FolderFiles ignored;  // in the bucket's folders without a table
  Time now{};
};

std::string plan_text(const Plan& plan, std::size_t most_files);
nlohmann::ordered_json plan_json(const Plan& plan);

}  // namespace peo::operate
