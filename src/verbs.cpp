#include "verbs.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <utility>

#include "base/file_error.hpp"
#include "base/liveness.hpp"
#include "base/recent_errors.hpp"
#include "base/version.hpp"
#include "loader/loader.hpp"
#include "metrics/metrics.hpp"
#include "notifier/log/log_notifier.hpp"
#include "operate/check.hpp"
#include "operate/format.hpp"
#include "operate/healthcheck.hpp"
#include "operate/plan.hpp"
#include "operate/status.hpp"
#include "operate/verify.hpp"
#include "parts.hpp"
#include "source/discover.hpp"
#include "standard_output.hpp"
#include "target/dry_run/dry_run_target.hpp"

namespace peo {
namespace {

using config::Settings;
using config::VerbCommand;

constexpr std::size_t most_files_shown = 50;

// The sample bucket is only made by a run.
bool without_sample(const Settings& settings) {
  return settings.source.kind == config::SourceKind::Sample &&
         !std::filesystem::exists(settings.source.folder);
}

std::string target_text(const Settings& settings) {
  return settings.target ? settings.target->display : "a private PostgreSQL in " + settings.data_dir.string();
}

ExitCode check(const VerbCommand& command, const Settings& settings, const Cancellation& stop) {
  operate::CheckReport report;
  for (const auto& warning : settings.warnings) report.warning("settings", warning, "");
  std::optional<operate::BucketFolders> folders;
  std::string date;
  if (without_sample(settings)) {
    operate::attempt(report, "source", [&] {
      check_folder_can_be_made(settings.source.folder);
      report.good("source", "SOURCE is empty; a run will first write a sample bucket.");
    });
  } else {
    operate::attempt(report, "source", [&] {
      const auto source = make_source(
          settings, stop, {.on_request = {}, .on_date = [&date](const std::string& at) { date = at; }});
      folders = operate::check_source(report, *source, settings.cdc_path);
    });
    operate::check_clock(report, date);
  }
  operate::attempt(report, "target", [&] {
    const auto access = reach_target(settings, stop);
    if (access.conninfo.empty()) {
      check_private_postgres(settings, stop);
      report.good("target", "TARGET is empty; a run will make a private PostgreSQL in " +
                                settings.data_dir.string() + ".");
      return;
    }
    operate::check_target(report, target_options(settings, access.conninfo), stop, folders);
  });
  if (settings.notifications) {
    operate::attempt(report, "notifier",
                     [&] { operate::check_notifier(report, *make_notifier(settings, stop)); });
  } else {
    report.good("notifier", "NOTIFICATIONS is off; nobody is told.");
  }
  say(command.json ? operate::json_text(report.json()) : report.text());
  return report.exit_code();
}

// What ended the loader, which tells the log alone.
std::string last_error() {
  for (const auto& trouble : log::recent_errors()) {
    if (trouble.level == log::Level::Error) return trouble.text;
  }
  return "the reason is in the log.";
}

ExitCode plan(const VerbCommand& command, Settings settings, const Cancellation& stop) {
  settings.dry_run = true;
  settings.run_as_service = false;
  metrics::Metrics metrics{std::string(version)};
  auto access = reach_target(settings, stop);
  if (access.conninfo.empty()) {
    access.embedded = make_embedded(settings, stop);  // of a dry run: thrown away
    access.conninfo = access.embedded->conninfo();
  }
  const auto source = make_source(settings, stop);
  notifier::LogNotifier notifier;
  target::DryRunTarget target(target_options(settings, access.conninfo), stop);
  Liveness liveness;
  loader::Loader loader(*source, target, notifier, metrics, stop, liveness, loader_options(settings));
  operate::Plan plan;
  plan.exit_code = loader.run();
  if (stop.requested()) {
    throw Error::retry("stopped before all files that wait were read",
                       "So nothing can be said of them. Nothing was changed.");
  }
  if (plan.exit_code != ExitCode::Done) plan.why = last_error();
  plan.planned_changes = target.planned_changes();
  say(command.json ? operate::json_text(operate::plan_json(plan))
                   : operate::plan_text(plan, most_files_shown));
  return plan.exit_code;
}

// A listing as the loader makes it, against a ledger that is only read.
void look_at_bucket(operate::Status& status, const Settings& settings, const std::string& conninfo,
                    const Cancellation& stop) {
  if (without_sample(settings)) return;
  try {
    const auto source = make_source(settings, stop);
    target::DryRunTarget ledger(target_options(settings, conninfo), stop);
    ledger.open();
    source::Discover discover(*source, ledger, loader_options(settings).discover);
    operate::add_backlog(status, discover.round(ledger.tables(), false), settings.late_files);
  } catch (const Error& error) {
    status.bucket_trouble = error.describe();
  }
}

ExitCode status(const VerbCommand& command, const Settings& settings, const Cancellation& stop) {
  operate::Status status;
  status.source = settings.source.display();
  status.target = target_text(settings);
  status.now = now();
  const auto access = reach_target(settings, stop);
  if (!access.conninfo.empty()) {
    operate::LedgerReader ledger(access.conninfo, stop);
    operate::read_ledger(status, ledger);
    if (command.bucket) look_at_bucket(status, settings, access.conninfo, stop);
  }
  if (settings.metrics_address) {
    const auto answer =
        operate::ask_page(settings.metrics_address->host, settings.metrics_address->port, "/status.json");
    if (answer.status == 200) {
      auto process = nlohmann::ordered_json::parse(answer.body, nullptr, false);
      if (process.is_object()) status.process = std::move(process);
    }
  }
  say(command.json ? operate::json_text(operate::status_json(status)) : operate::status_text(status));
  return ExitCode::Done;
}

ExitCode verify(const VerbCommand& command, const Settings& settings, const Cancellation& stop) {
  const auto access = reach_target_that_is(settings, stop);
  const auto source = make_source(settings, stop);
  target::Verification verification(target_options(settings, access.conninfo), stop);
  const auto results = operate::verify(*source, verification, command.entities, command.limit,
                                       loader_options(settings).read, stop);
  say(command.json ? operate::json_text(operate::verify_json(results)) : operate::verify_text(results));
  return operate::exit_code_of(results);
}

ExitCode migrate(const VerbCommand& command, Settings settings, const Cancellation& stop) {
  settings.run_as_service = false;
  settings.dry_run = false;
  const auto embedded = make_embedded(settings, stop);
  auto options = target_options(settings, embedded ? embedded->conninfo() : settings.target->conninfo);
  std::vector<std::string> applied;
  options.on_migrated = [&applied](const std::vector<std::string>& names) { applied = names; };
  target::PostgresTarget target(std::move(options), stop);
  target.open();
  if (command.json) {
    say(operate::json_text({{"applied", applied}, {"tables", target.tables()}}));
    return ExitCode::Done;
  }
  for (const auto& name : applied) say(fmt::format("Applied {}.\n", name));
  if (applied.empty()) say("Nothing to do: everything is applied.\n");
  return ExitCode::Done;
}

ExitCode healthcheck(const VerbCommand& command, const Settings& settings) {
  if (!settings.metrics_address)
    throw Error::configuration("METRICS_ADDRESS is off, so nobody can be asked",
                               "Set it for the loader and for this.");
  const auto answer =
      operate::healthcheck(settings.metrics_address->host, settings.metrics_address->port, command.ready);
  say(command.json ? operate::json_text({{"ok", answer.exit_code == ExitCode::Done}, {"text", answer.text}})
                   : answer.text + "\n");
  return answer.exit_code;
}

}  // namespace

ExitCode check_without_settings(const VerbCommand& command, const config::SettingsError& error) {
  operate::CheckReport report;
  for (const auto& fault : error.faults())
    report.problem("settings", Error::configuration(fault, "Nothing has been touched; --help explains it."));
  say(command.json ? operate::json_text(report.json()) : report.text());
  return report.exit_code();
}

ExitCode run_verb(const VerbCommand& command, Settings settings, const Cancellation& stop) {
  switch (command.verb) {
    case config::Verb::Check:
      return check(command, settings, stop);
    case config::Verb::Plan:
      return plan(command, std::move(settings), stop);
    case config::Verb::Status:
      return status(command, settings, stop);
    case config::Verb::Verify:
      return verify(command, settings, stop);
    case config::Verb::Migrate:
      return migrate(command, std::move(settings), stop);
    case config::Verb::Healthcheck:
      return healthcheck(command, settings);
  }
  return ExitCode::Internal;
}

}  // namespace peo
