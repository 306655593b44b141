#include "operate/status.hpp"

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/components.hpp"
#include "cli/context.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "operate/format.hpp"
#include "operate/healthcheck.hpp"
#include "source/discover.hpp"

namespace peo::cli {
namespace {

// Lists the bucket as the loader does, but with the target of a dry run, which only reads the ledger. An
// unreachable bucket is part of the status, not an error.
void list_backlog(operate::Status& status, const config::Settings& settings, const std::string& conninfo,
                  const Cancellation& stop) {
  if (sample_missing(settings)) return;
  try {
    const auto source = make_source(settings, stop);
    const auto ledger = make_dry_run_target(target_options(settings, conninfo, source.get()), stop);
    ledger->open();
    auto as_dry_run = settings;  // which lists the whole backlog
    as_dry_run.dry_run = true;
    source::Discover discover(*source, ledger->ledger(), loader_options(as_dry_run).discover);
    auto found = discover.round({ledger->tables(), ledger->source_tables()}, false);
    source::hold_refused(found, ledger->refused_tables());
    operate::add_backlog(status, found, settings.late_files);
    status.ignored = operate::files_in(*source, status.unmatched);
  } catch (const Error& error) {
    status.bucket_trouble = error.describe();
  }
}

operate::Status empty_status(const config::Settings& settings) {
  operate::Status status;
  status.source = settings.source.display();
  status.target = target_text(settings);
  status.behind_after = behind_after(settings);
  status.now = now();
  return status;
}

// The status page of this target's loader on this machine; none if there is no response. Another program, or
// the loader of another target, may answer on this address.
std::optional<nlohmann::ordered_json> page_of_loader(const config::Settings& settings) {
  if (!settings.metrics_address) return std::nullopt;
  const auto answer =
      operate::ask_page(settings.metrics_address->host, settings.metrics_address->port, "/status.json");
  if (answer.status != 200) return std::nullopt;
  auto page = nlohmann::ordered_json::parse(answer.body, nullptr, false);  // without exceptions
  if (!page.is_object() || page.value("target", nlohmann::ordered_json()) != target_text(settings))
    return std::nullopt;
  return page;
}

}  // namespace

operate::Status read_status(const config::Settings& settings, const std::string& conninfo, bool list_bucket,
                            const Cancellation& stop) {
  auto status = empty_status(settings);
  status.process = page_of_loader(settings);
  // An active loader that hangs, or one on another machine.
  if (settings.metrics_address && !status.process)
    status.no_page = fmt::format("no loader of this target responds on {}:{}", settings.metrics_address->host,
                                 settings.metrics_address->port);
  if (conninfo.empty()) return status;
  operate::LedgerReader ledger(conninfo, stop);
  operate::read_ledger(status, ledger);
  if (list_bucket) list_backlog(status, settings, conninfo, stop);
  return status;
}

CLI::App* StatusCommand::add_to(CLI::App& program) {
  auto* const app = program.add_subcommand("status", R"(print what is loaded and what is waiting

For each entity: the last delivery, the backlog (files, bytes, age) and
the rate. A loader need not be running. If one responds on
METRICS_ADDRESS, its state and last errors are shown as well.
)");
  add_json(*app, json);
  app->add_flag("--no-bucket", no_bucket,
                "don't list the bucket: faster and needs no\ncredentials, but shows no backlog");
  app->footer("Exit codes: 0 in any state; those of a run if the state is unknown.");
  return app;
}

ExitCode StatusCommand::run() {
  const Context context(LogLevel::Quiet);
  const auto& settings = context.settings;
  const auto& stop = context.stop;
  operate::Status status;
  try {
    const auto access = find_target(settings, stop);
    status = read_status(settings, access.conninfo, !no_bucket, stop);
  } catch (const Error& error) {
    // A running loader still knows what it saw last.
    status = empty_status(settings);
    status.target_trouble = error.describe();
    status.process = page_of_loader(settings);
    if (stop.requested() || !operate::read_page(status)) throw;
  }
  print(json ? operate::json_text(operate::status_json(status)) : operate::status_text(status));
  return ExitCode::Done;
}

}  // namespace peo::cli
