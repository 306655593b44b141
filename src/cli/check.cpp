#include "operate/check.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/file_error.hpp"
#include "base/file_format.hpp"
#include "cli/commands.hpp"
#include "cli/components.hpp"
#include "cli/context.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "decode/parquet/duckdb_library.hpp"
#include "decode/parquet/reader.hpp"
#include "operate/format.hpp"

namespace peo::cli {
namespace {

void check_settings(operate::CheckReport& report, const config::SettingsError& error) {
  for (const auto& fault : error.faults())
    report.problem("settings", Error::configuration(
                                   fault, "Run --help-all to see its values. Nothing has been changed."));
}

void check_parquet(operate::CheckReport& report, const config::Settings& settings, const Cancellation& stop) {
  if (parquet::find_duckdb(settings.duckdb_library).empty()) {
    report.warning(
        "source",
        fmt::format("Parquet files are ignored: {}.", parquet::missing_duckdb(settings.duckdb_library)),
        no_parquet_hint);
    return;
  }
  operate::attempt(report, "source", [&] {
    parquet::ParquetReader reader(parquet_options(settings), stop);
    report.good("source", fmt::format("Parquet files are read with DuckDB {}.", reader.version()));
  });
}

// Creates the tables that a run would create as temporary ones, in a transaction that is rolled back.
void check_definitions(operate::CheckReport& report, target::TargetOptions options,
                       const Cancellation& stop) {
  operate::attempt(report, "target", [&] {
    const auto target = make_dry_run_target(std::move(options), stop);
    target->open();
    for (const auto& [table, error] : target->refused_tables()) report.problem("target", error);
    if (target->tables().empty() && target->refused_tables().empty())
      report.problem("target",
                     Error::configuration("the SQL of ENTITIES creates no table that can be loaded",
                                          "Give each table a primary key and the columns event_id and "
                                          "delivery_id, both bigint NOT NULL."));
  });
}

// Problems with the connections have already been reported and would only be repeated.
void check_loading(operate::CheckReport& report, const config::Settings& settings,
                   const std::string& conninfo, const Cancellation& stop) {
  try {
    const auto status = read_status(settings, conninfo, true, stop);
    if (!status.bucket_trouble) operate::check_state(report, status);
  } catch (const Error& error) {
    if (report.exit_code() == ExitCode::Done) report.problem("target", error);
  }
}

// Each dependency is checked on its own: a failing one must not hide problems with the others.
void check_connections(operate::CheckReport& report, const Context& context) {
  const auto& settings = context.settings;
  const auto& stop = context.stop;
  for (const auto& warning : settings.warnings) report.warning("settings", warning, "");
  std::optional<operate::BucketPrefixes> prefixes;
  std::string date;
  if (sample_missing(settings)) {
    operate::attempt(report, "source", [&] {
      check_directory_can_be_created(settings.source.directory);
      report.good("source", "SOURCE is empty; a run first writes a sample bucket.");
    });
  } else {
    operate::attempt(report, "source", [&] {
      const auto source = make_source(
          settings, stop, {.on_request = {}, .on_date = [&date](const std::string& at) { date = at; }});
      prefixes = operate::check_source(report, *source, settings.cdc_path);
      if (operate::holds_parquet(*source, prefixes->prefixes)) check_parquet(report, settings, stop);
    });
    operate::check_clock(report, date);
  }
  if (settings.events) {
    operate::attempt(report, "events", [&] {
      for (auto& line : make_event_channel(settings, stop)->check()) report.good("events", std::move(line));
    });
  }
  operate::attempt(report, "target", [&] {
    const auto access = find_target(settings, stop);
    if (access.conninfo.empty()) {
      check_embedded_postgres(settings, stop);
      report.good("target", "TARGET is empty; a run creates an embedded PostgreSQL in " +
                                settings.data_dir.string() + ".");
      return;
    }
    auto options = target_options(settings, access.conninfo, nullptr);
    if (entities_by_bucket(settings)) {
      options.wanted_tables = [&prefixes](const TableNames& tables) {
        return prefixes ? prefixes->unclaimed_names(tables) : std::vector<std::string>();
      };
    }
    const bool creates = operate::check_target(report, options, stop, prefixes);
    if (creates && report.exit_code() == ExitCode::Done) check_definitions(report, std::move(options), stop);
    check_loading(report, settings, access.conninfo, stop);
  });
  if (settings.notifications) {
    operate::attempt(report, "notifier",
                     [&] { operate::check_notifier(report, *make_notifier(settings, stop)); });
  } else {
    report.good("notifier", "NOTIFICATIONS is off; nothing is published.");
  }
}

}  // namespace

CLI::App* CheckCommand::add_to(CLI::App& program) {
  auto* const app = program.add_subcommand("check", R"(test every connection, permission and setting

Changes nothing. Tests that the bucket can be listed and read, that the
clocks agree, that PostgreSQL grants the required privileges, that the
tables can be loaded, that events can be received and deleted, and that
the NATS server accepts the subject. Prints one line per result, with a
hint for each problem.
)");
  add_json(*app, json);
  app->footer(R"(Exit codes: 0 no problems (there may be warnings), otherwise the one
with which a run would end.)");
  return app;
}

ExitCode CheckCommand::run() {
  operate::CheckReport report;
  try {
    check_connections(report, Context(LogLevel::Quiet));
  } catch (const config::SettingsError& error) {
    check_settings(report, error);
  }
  print(json ? operate::json_text(report.json()) : report.text());
  return report.exit_code();
}

}  // namespace peo::cli
