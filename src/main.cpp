// From the environment to an exit code: settings → parts → run.
#include <curl/curl.h>
#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/liveness.hpp"
#include "base/log.hpp"
#include "base/version.hpp"
#include "config/command_line.hpp"
#include "config/render.hpp"
#include "config/settings.hpp"
#include "embedded/open_psql.hpp"
#include "loader/loader.hpp"
#include "metrics/endpoints.hpp"
#include "metrics/http_server.hpp"
#include "metrics/metrics.hpp"
#include "operate/format.hpp"
#include "operate/state.hpp"
#include "operate/status_collector.hpp"
#include "operate/status_page.hpp"
#include "operate/systemd_notify.hpp"
#include "parts.hpp"
#include "request_verbs.hpp"
#include "sample/sample.hpp"
#include "signals.hpp"
#include "standard_output.hpp"
#include "table_verbs.hpp"
#include "target/dry_run/dry_run_target.hpp"
#include "target/postgres_target.hpp"
#include "verbs.hpp"

namespace peo {
namespace {

std::string program_name = "paper-engine-orders";

std::unique_ptr<target::Target> make_target(const config::Settings& settings,
                                            const embedded::EmbeddedPostgres* embedded,
                                            metrics::Metrics& metrics, Liveness& liveness,
                                            const Cancellation& stop) {
  auto options =
      target_options(settings, embedded != nullptr ? embedded->conninfo() : settings.target->conninfo);
  options.on_wait = [&liveness] { liveness.touch(); };
  options.on_leader = [&metrics](bool leader) { metrics.set_leader(leader); };
  if (settings.dry_run) return std::make_unique<target::DryRunTarget>(std::move(options), stop);
  return std::make_unique<target::PostgresTarget>(std::move(options), stop);
}

// How long the main loop may give no sign of life, in seconds: a long delivery may take its time.
double liveness_timeout(const config::Settings& settings) {
  return std::chrono::duration<double>(settings.max_sleep + std::chrono::minutes(30)).count();
}

// A file that waits longer than this is a backlog.
std::chrono::seconds behind_after(const config::Settings& settings) {
  return std::chrono::ceil<std::chrono::seconds>(2 * settings.max_sleep) + std::chrono::seconds(60);
}

// /metrics, and the probes of container platforms. Alive: the main loop moves, or waits for a long statement
// or as a standby. Ready: the target is open and the last listing of the bucket went well.
void add_pages(metrics::HttpServer& server, const metrics::Metrics& metrics, const Liveness& liveness,
               const loader::Loader& loader, const config::Settings& settings) {
  const auto healthy = [&liveness, patience = liveness_timeout(settings)]() -> metrics::Health {
    const auto idle = liveness.seconds_since();
    return {idle < patience, nlohmann::json{{"seconds_since_last_step", idle}}.dump()};
  };
  const auto ready = [&loader]() -> metrics::Health {
    const bool ok = loader.ready();
    return {ok, nlohmann::json{{"ready", ok}}.dump()};
  };
  metrics::add_operator_pages(server, metrics, healthy, ready);
}

operate::StatusOptions feed_options(const config::Settings& settings, const target::Target& target,
                                    const embedded::EmbeddedPostgres* embedded) {
  operate::StatusOptions options;
  options.conninfo = embedded != nullptr ? embedded->conninfo() : settings.target->conninfo;
  options.source = settings.source.display();
  options.target = settings.target ? settings.target->display : "its own PostgreSQL";
  options.persists = target.persists();
  options.behind_after = behind_after(settings);
  return options;
}

ExitCode run_parts(const config::Settings& settings, const Cancellation& stop) {
  log::info("paper-engine-orders {}: from {} to {}, messages to {}{}.", version, settings.source.display(),
            settings.target ? settings.target->display : "its own PostgreSQL",
            !settings.notifications ? "nobody"
            : settings.nats         ? settings.nats->display()
                                    : "the log",
            settings.dry_run ? "; dry run, nothing is persisted or published" : "");
  for (const auto& warning : settings.warnings) log::warning("{}", warning);

  metrics::Metrics metrics{std::string(version)};
  std::unique_ptr<embedded::EmbeddedPostgres> embedded;
  ExitCode code = ExitCode::Internal;
  {
    const auto source =
        make_source(settings, stop,
                    {.on_request =
                         [&metrics](std::string_view operation, int status) {
                           metrics.count_s3_request(operation == "ListObjectsV2" ? "list" : "get", status);
                         },
                     .on_date = {}});
    const auto notifier = make_notifier(settings, stop);
    embedded = make_embedded(settings, stop);
    Liveness liveness;
    const auto target = make_target(settings, embedded.get(), metrics, liveness, stop);
    loader::Loader loader(*source, *target, *notifier, metrics, stop, liveness, loader_options(settings));
    const auto process_now = [&] {
      return operate::ProcessNow{loader.ready(), stop.requested(), liveness.seconds_since(),
                                 liveness_timeout(settings), metrics.snapshot()};
    };
    const operate::SystemdNotify service_manager(
        [&]() -> operate::SystemdNotify::Now {
          const auto now = process_now();
          const auto state = operate::state_of(now, "", "", peo::now(), behind_after(settings));
          return {now.idle_seconds < now.patience_seconds, state.word + ": " + state.why};
        },
        stop);
    std::optional<operate::StatusCollector> feed;
    std::optional<metrics::HttpServer> http;
    if (settings.metrics_address) {
      http.emplace(settings.metrics_address->host, settings.metrics_address->port);
      feed.emplace(feed_options(settings, *target, embedded.get()), process_now);
      operate::add_status_page(*http, *feed);
      add_pages(*http, metrics, liveness, loader, settings);
      http->start();
    }
    code = loader.run();
  }
  if (embedded && !settings.dry_run) {
    log::info("To look at the database: {}", embedded::open_psql_command(program_name, settings.data_dir));
  }
  return code;
}

ExitCode run(const config::Settings& settings) {
  Cancellation stop;
  const Signals signals(stop);
  try {
    return run_parts(settings, stop);
  } catch (const Error& error) {
    // A wait that the stop has ended, before the loader itself had begun.
    if (!stop.requested() || error.kind() != ErrorKind::Retry) throw;
    return ExitCode::Done;
  }
}

ExitCode write_sample(const config::SampleArguments& arguments) {
  sample::SampleOptions options;
  const auto take = [](auto& option, const std::optional<std::uint64_t>& value) {
    if (value) option = *value;
  };
  take(options.strategies, arguments.strategies);
  take(options.orders, arguments.orders);
  take(options.executions, arguments.executions);
  take(options.days, arguments.days);
  take(options.seed, arguments.seed);
  take(options.load_files, arguments.load_files);
  const auto summary = sample::write_sample(options, arguments.folder);
  say(fmt::format("{} {}: {} files, {} rows, {:.1f} MB. To load it: SOURCE=\"bucket_path={}\"\n",
                  summary.already_there ? "The sample is there already in" : "Wrote a sample to",
                  arguments.folder.string(), summary.files, summary.rows,
                  static_cast<double>(summary.bytes) / 1e6, arguments.folder.string()));
  return ExitCode::Done;
}

// For the verbs that read the source and nothing that a loader writes.
ExitCode with_source(const config::Settings& settings,
                     const std::function<ExitCode(source::Source&, const Cancellation&)>& verb) {
  Cancellation stop;
  const Signals signals(stop);
  const auto source = make_source(settings, stop);
  return verb(*source, stop);
}

// The target as it stands. With an empty TARGET and no private database yet: the tables that ENTITIES would
// make, in a database that is thrown away.
ExitCode describe(const config::DescribeArguments& arguments, config::Settings settings,
                  source::Source& source, const Cancellation& stop) {
  const bool nothing_yet =
      !settings.target && !embedded::EmbeddedPostgres(settings.data_dir / "postgres", stop).has_cluster();
  settings.dry_run = true;
  const auto embedded = make_embedded(settings, stop);
  const auto conninfo = embedded ? embedded->conninfo() : settings.target->conninfo;
  if (nothing_yet) make_tables(conninfo, entities_of(settings), stop);
  return describe_tables(arguments, settings, source, conninfo, stop);
}

// What ENTITIES' SQL says of the tables that are to be profiled: made in a database that is thrown away,
// since SQL is best read by PostgreSQL. Where that can't be, the files alone must say it.
ColumnsOfTables columns_by_sql(const config::ProfileArguments& arguments, const config::Settings& settings,
                               source::Source& source, const Cancellation& stop) {
  if (!sql_speaks_of(arguments, entities_of(settings), source)) return {};
  try {
    embedded::EmbeddedOptions options;
    options.programs = settings.pg_bindir;
    const auto embedded = embedded::EmbeddedPostgres::throw_away(stop, options);
    embedded->start();
    make_tables(embedded->conninfo(), entities_of(settings), stop);
    return columns_of(embedded->conninfo(), stop);
  } catch (const Error& error) {
    if (stop.requested()) throw;
    log::warning("The SQL of ENTITIES can't be read here, so columns are told from the files alone: {}",
                 error.describe());
    return {};
  }
}

ExitCode execute(const config::Command& command) {
  if (const auto* print = std::get_if<config::PrintCommand>(&command)) {
    say(print->text);
    return ExitCode::Done;
  }
  if (const auto* arguments = std::get_if<config::SampleArguments>(&command)) return write_sample(*arguments);
  const auto* const verb = std::get_if<config::VerbCommand>(&command);
  config::Settings settings;
  try {
    settings = config::read_settings(config::process_environment());
  } catch (const config::SettingsError& error) {
    if (verb == nullptr || verb->verb != config::Verb::Check) throw;
    return check_without_settings(*verb, error);
  }
  // A verb tells what it has to say on standard output.
  const bool quiet = verb != nullptr && settings.log_level == log::Level::Info;
  log::configure(quiet ? log::Level::Warning : settings.log_level, settings.log_format);
  if (std::holds_alternative<config::PrintConfigCommand>(command)) {
    say(config::print_config(settings));
    return ExitCode::Done;
  }
  if (const auto* psql = std::get_if<config::PsqlCommand>(&command)) {
    Cancellation stop;
    embedded::EmbeddedOptions options;
    options.programs = settings.pg_bindir;
    return static_cast<ExitCode>(
        embedded::open_psql(settings.data_dir / "postgres", psql->arguments, stop, options));
  }
  curl_global_init(CURL_GLOBAL_DEFAULT);
  if (verb != nullptr) {
    Cancellation stop;
    const Signals signals(stop);
    return run_verb(*verb, settings, stop);
  }
  if (const auto* infer = std::get_if<config::InferArguments>(&command)) {
    return with_source(settings, [&](auto& source, const auto& stop) {
      return infer_tables(*infer, settings, source, stop);
    });
  }
  if (const auto* profile = std::get_if<config::ProfileArguments>(&command)) {
    return with_source(settings, [&](auto& source, const auto& stop) {
      return profile_tables(*profile, settings, source, columns_by_sql(*profile, settings, source, stop),
                            stop);
    });
  }
  if (const auto* arguments = std::get_if<config::DescribeArguments>(&command)) {
    return with_source(settings, [&](auto& source, const auto& stop) {
      return describe(*arguments, settings, source, stop);
    });
  }
  if (const auto* arguments = std::get_if<config::RequestArguments>(&command)) {
    return with_source(settings, [&](auto& source, const auto& stop) {
      const auto access = reach_target_that_is(settings, stop);
      return ask_for(*arguments, source, access.conninfo, stop);
    });
  }
  return run(settings);
}

bool asks_for_json(const config::Command& command) {
  if (const auto* verb = std::get_if<config::VerbCommand>(&command)) return verb->json;
  if (const auto* request = std::get_if<config::RequestArguments>(&command)) return request->json;
  const auto* const profile = std::get_if<config::ProfileArguments>(&command);
  return profile != nullptr && profile->json;
}

// With --json what went wrong is a document too, so that whoever reads it needn't read the log.
ExitCode execute_and_tell(const config::Command& command) {
  try {
    return execute(command);
  } catch (const Error& error) {
    if (asks_for_json(command)) {
      try {
        say(operate::json_text(operate::error_json(error)));
      } catch (const Error&) {  // standard output is what went wrong
      }
    }
    throw;
  }
}

}  // namespace
}  // namespace peo

int main(int argc, char** argv) {
  using peo::ExitCode;
  auto code = ExitCode::Internal;
  try {
    if (argc > 0) peo::program_name = argv[0];
    code = peo::execute_and_tell(peo::config::read_command_line(argc, argv));
  } catch (const peo::Error& error) {
    peo::log::error("{}", error.describe());
    code = error.exit_code();
  } catch (const std::exception& error) {
    peo::log::error("A fault of the loader: {}. Please report it with this line.", error.what());
  }
  return static_cast<int>(code);
}
