#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/liveness.hpp"
#include "base/log.hpp"
#include "base/version.hpp"
#include "cli/commands.hpp"
#include "cli/components.hpp"
#include "cli/context.hpp"
#include "cli/options.hpp"
#include "embedded/open_psql.hpp"
#include "metrics/endpoints.hpp"
#include "metrics/http_server.hpp"
#include "metrics/metrics.hpp"
#include "operate/state.hpp"
#include "operate/status_collector.hpp"
#include "operate/status_page.hpp"
#include "operate/systemd_notify.hpp"

namespace peo::cli {
namespace {

// Liveness timeout of the main loop, in seconds; generous, because one delivery may take long.
double liveness_timeout(const config::Settings& settings) {
  return std::chrono::duration<double>(settings.max_sleep + std::chrono::minutes(30)).count();
}

void log_start(const config::Settings& settings) {
  log::info("paper-engine-orders {}: from {} to {}, messages to {}{}.", version, settings.source.display(),
            target_text(settings),
            !settings.notifications ? "nobody"
            : settings.nats         ? settings.nats->display()
                                    : "the log",
            settings.dry_run ? "; dry run, nothing is persisted or published" : "");
  for (const auto& warning : settings.warnings) log::warning("{}", warning);
}

// /metrics and the probes of container platforms. Alive: the main loop makes progress, or waits for a long
// statement or as a standby. Ready: the target is open and the last listing of the bucket succeeded.
void add_pages(metrics::HttpServer& server, const metrics::Metrics& metrics, const Liveness& liveness,
               const loader::Loader& loader, operate::StatusCollector& collector,
               const config::Settings& settings) {
  const auto healthy = [&liveness, timeout = liveness_timeout(settings)]() -> metrics::Health {
    const auto idle = liveness.seconds_since();
    return {idle < timeout, nlohmann::json{{"seconds_since_last_step", idle}}.dump()};
  };
  const auto ready = [&loader, &collector]() -> metrics::Health {
    const bool ok = loader.ready();
    const auto state = collector.state();
    const nlohmann::ordered_json body{{"ready", ok}, {"state", state.word}, {"why", state.why}};
    return {ok, body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
  };
  metrics::add_operator_pages(server, metrics, healthy, ready);
}

// Components are destroyed in the reverse order of their creation: first the pages, which use the others,
// last the target.
ExitCode run_loader(const config::Settings& settings, const Cancellation& stop,
                    const embedded::EmbeddedPostgres* embedded, source::Source& source,
                    notifier::Notifier& notifier, metrics::Metrics& metrics) {
  const auto events = make_events(settings, metrics, stop);
  Liveness liveness;
  auto options = target_options(
      settings, embedded != nullptr ? embedded->conninfo() : settings.target->conninfo, &source);
  operate::StatusOptions status{.conninfo = options.conninfo,
                                .source = settings.source.display(),
                                .target = target_text(settings),
                                .behind_after = behind_after(settings)};
  status.read_conninfo = options.read_conninfo;
  options.on_wait = [&liveness] { liveness.touch(); };
  options.on_leader = [&metrics](bool leader) { metrics.set_leader(leader); };
  options.on_lock_wait = [&metrics](const std::string& holder) { metrics.set_lock_wait(holder); };
  const auto target = make_target(settings, std::move(options), stop);
  status.persists = target->persists();
  auto how = loader_options(settings);
  how.poll.events = events.get();
  loader::Loader loader(source, *target, notifier, metrics, stop, liveness, std::move(how));
  const auto process_now = [&] {
    return operate::ProcessNow{loader.ready(),           stop.requested(),
                               liveness.seconds_since(), liveness_timeout(settings),
                               loader.trouble(),         metrics.snapshot()};
  };
  std::optional<operate::StatusCollector> collector;
  std::optional<metrics::HttpServer> http;
  // The pages start before the loader: a standby waits inside loader.run(), and must answer its probes.
  if (settings.metrics_address) {
    http.emplace(settings.metrics_address->host, settings.metrics_address->port);
    collector.emplace(std::move(status), process_now);
    operate::add_status_page(*http, *collector);
    add_pages(*http, metrics, liveness, loader, *collector, settings);
    http->start();
  }
  const operate::SystemdNotify service_manager(
      [&]() -> operate::SystemdNotify::Now {
        const auto now = process_now();
        const auto state =
            collector ? collector->state() : operate::state_of(now, "", peo::now(), behind_after(settings));
        return {now.idle_seconds < now.timeout_seconds, operate::text_of(state)};
      },
      stop);
  return loader.run();
}

}  // namespace

CLI::App* RunCommand::add_to(CLI::App& program) {
  return program.add_subcommand("run", "run the loader (the default command)");
}

ExitCode RunCommand::run() {
  const Context context(LogLevel::AsSet);
  const auto& settings = context.settings;
  const auto& stop = context.stop;
  try {
    log_start(settings);
    metrics::Metrics metrics{std::string(version)};
    write_missing_sample(settings);
    const auto source =
        make_source(settings, stop,
                    {.on_request =
                         [&metrics](std::string_view operation, int status) {
                           metrics.count_s3_request(operation == "ListObjectsV2" ? "list" : "get", status);
                         },
                     .on_date = {}});
    // Before a server is started: throws if a key or certificate file is invalid.
    const auto notifier = make_notifier(settings, stop);
    const auto embedded = make_embedded(settings, stop);
    const auto code = run_loader(settings, stop, embedded.get(), *source, *notifier, metrics);
    if (embedded && !settings.dry_run)
      log::info("To query the database: {}", embedded::open_psql_command(program_path, settings.data_dir));
    return code;
  } catch (const Error& error) {
    // A stop that ends a wait before the loader starts (for the embedded server) is not an error.
    if (!stop.requested() || error.kind() != ErrorKind::Retry) throw;
    return ExitCode::Done;
  }
}

}  // namespace peo::cli
