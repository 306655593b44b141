#include "operate/plan.hpp"

#include <fmt/format.h>

#include "base/liveness.hpp"
#include "base/recent_errors.hpp"
#include "base/version.hpp"
#include "cli/commands.hpp"
#include "cli/components.hpp"
#include "cli/context.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "metrics/metrics.hpp"
#include "operate/format.hpp"

namespace peo::cli {
namespace {

constexpr std::size_t most_files_shown = 50;

// Why not everything can be loaded, as it was logged: with the values that an error quotes. A lock is only a
// warning in the log.
std::string why(const operate::Facts& facts) {
  for (const auto& entry : log::recent_errors()) {
    if (entry.level == log::Level::Error) return entry.text;
  }
  if (facts.held.empty()) return "the reason is in the log.";
  const auto& [entity, held] = *facts.held.begin();
  return fmt::format("{}: {}.{}{}", shortened(entity), held.reason, held.hint.empty() ? "" : " ", held.hint);
}

}  // namespace

CLI::App* PlanCommand::add_to(CLI::App& program) {
  auto* const app = program.add_subcommand("plan", R"(print what would be loaded and its effect

Reads the waiting files and computes what they would change, as
DRY_RUN=True does. Changes nothing. Logs to standard error.
)");
  add_json(*app, json);
  app->footer(R"(Exit codes: 0 everything can be loaded, 65 a file is rejected or would
hold its table, 75 stopped, or a table is locked by another session,
otherwise those of a run.)");
  return app;
}

ExitCode PlanCommand::run() {
  Context context(LogLevel::Quiet);
  auto& settings = context.settings;
  const auto& stop = context.stop;
  settings.dry_run = true;
  settings.run_as_service = false;
  settings.nats.reset();  // nothing is published, so don't connect
  metrics::Metrics metrics{std::string(version)};
  const auto source = make_source(settings, stop);
  auto access = find_target(settings, stop);
  operate::Plan plan;
  auto before = read_status(settings, access.conninfo, true, stop);
  plan.state = operate::state_of(before);
  plan.late_files = std::move(before.late_files);
  if (access.conninfo.empty()) {
    access.embedded = make_embedded(settings, stop);  // temporary, as in any dry run
    access.conninfo = access.embedded->conninfo();
  }
  const auto notifier = make_notifier(settings, stop);
  const auto target = make_dry_run_target(target_options(settings, access.conninfo, source.get()), stop);
  Liveness liveness;
  loader::Loader loader(*source, *target, *notifier, metrics, stop, liveness, loader_options(settings));
  plan.exit_code = loader.run();
  if (stop.requested()) {
    // A partial plan would look like a complete one.
    throw Error::retry("stopped before all waiting files were read",
                       "Run it again for a complete plan. Nothing was changed.");
  }
  plan.planned_changes = target->planned_changes();
  plan.facts = metrics.snapshot();
  if (plan.exit_code != ExitCode::Done) plan.why = why(plan.facts);
  plan.ignored = operate::files_in(*source, plan.facts.unmatched);
  plan.now = now();
  print(json ? operate::json_text(operate::plan_json(plan)) : operate::plan_text(plan, most_files_shown));
  return plan.exit_code;
}

}  // namespace peo::cli
