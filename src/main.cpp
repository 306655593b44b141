// From the environment to an exit code: settings → parts → run. The only file that names concrete classes.
#include <curl/curl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/pulse.hpp"
#include "base/stop.hpp"
#include "base/version.hpp"
#include "config/command_line.hpp"
#include "config/config_text.hpp"
#include "config/settings.hpp"
#include "loader/loader.hpp"
#include "metrics/http_server.hpp"
#include "metrics/metrics.hpp"
#include "metrics/routes.hpp"
#include "notifier/log/log_notifier.hpp"
#include "notifier/nats/nats_notifier.hpp"
#include "request_verbs.hpp"
#include "sample/sample.hpp"
#include "source/folder/folder_source.hpp"
#include "source/s3/s3_source.hpp"
#include "table_verbs.hpp"
#include "target/dry_run_target.hpp"
#include "target/embedded/embedded_postgres.hpp"
#include "target/embedded/open_psql.hpp"
#include "target/postgres_target.hpp"

namespace peo {
namespace {

// Signals wake one thread, which turns the first SIGINT or SIGTERM into the wish to stop, and the second into
// the end. All other threads are made after this one and never see them.
class Signals {
 public:
  explicit Signals(Stop& stop) {
    std::signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set_);
    for (const int number : {SIGINT, SIGTERM, SIGUSR2}) sigaddset(&set_, number);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    thread_ = std::thread([this, &stop] {
      int number = 0;
      while (sigwait(&set_, &number) == 0 && number != SIGUSR2) {
        if (stop.requested()) ::_exit(128 + number);
        log::info("{}: stopping after the delivery in work.", number == SIGINT ? "SIGINT" : "SIGTERM");
        stop.request();
      }
    });
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals() {
    pthread_kill(thread_.native_handle(), SIGUSR2);
    thread_.join();
  }

 private:
  sigset_t set_{};
  std::thread thread_;
};

std::string program_name = "paper-engine-orders";

std::filesystem::path sample_folder(const config::Settings& settings) { return settings.data_dir / "sample"; }

// The bucket, the folder, or, with nothing configured, the sample bucket, which is written if there is none.
std::unique_ptr<source::Source> make_source(const config::Settings& settings, metrics::Metrics& metrics,
                                            const Stop& stop) {
  const auto& from = settings.source;
  if (from.kind != config::SourceKind::S3) {
    if (from.kind == config::SourceKind::Sample &&
        !std::filesystem::exists(sample_folder(settings) / "expected.json")) {
      log::info("SOURCE is empty and there is no sample bucket yet; writing one to {}.",
                sample_folder(settings).string());
      sample::write_sample({}, sample_folder(settings));
    }
    return std::make_unique<source::FolderSource>(from.folder.string());
  }
  source::s3::S3Options options;
  options.endpoint = from.endpoint;
  options.access_key_id = from.access_key_id;
  options.secret_access_key = from.secret_key;
  options.session_token = from.session_token;
  options.bucket = from.bucket_name;
  options.path = from.path;
  options.region = from.region;
  options.style = from.style == config::BucketStyle::Path      ? source::s3::Style::Path
                  : from.style == config::BucketStyle::Virtual ? source::s3::Style::Virtual
                                                               : source::s3::Style::Auto;
  options.ca_bundle = settings.aws_ca_bundle.string();
  options.stop = &stop;
  options.on_request = [&metrics](std::string_view operation, int status) {
    metrics.count_s3_request(operation == "ListObjectsV2" ? "list" : "get", status);
  };
  return std::make_unique<source::s3::S3Source>(std::move(options));
}

// The private PostgreSQL of an empty TARGET. A dry run without a data folder gets one that is thrown away.
std::unique_ptr<target::EmbeddedPostgres> make_embedded(const config::Settings& settings, const Stop& stop) {
  if (settings.target) return nullptr;
  target::EmbeddedOptions options;
  options.programs = settings.pg_bindir;
  auto embedded = std::make_unique<target::EmbeddedPostgres>(settings.data_dir / "postgres", stop, options);
  if (settings.dry_run && !embedded->has_cluster())
    embedded = target::EmbeddedPostgres::throw_away(stop, options);
  embedded->start();
  return embedded;
}

std::string entities_of(const config::Settings& settings) {
  switch (settings.entities.kind) {
    case config::EntitiesKind::Shipped:
      break;
    case config::EntitiesKind::None:
      return "none";
    case config::EntitiesKind::Folder:
      return settings.entities.folder.string();
  }
  return {};
}

std::unique_ptr<target::Target> make_target(const config::Settings& settings,
                                            const target::EmbeddedPostgres* embedded,
                                            metrics::Metrics& metrics, Pulse& pulse, const Stop& stop) {
  target::TargetOptions options;
  options.conninfo = embedded != nullptr ? embedded->conninfo() : settings.target->conninfo;
  options.entities = entities_of(settings);
  options.notifications = settings.notifications;
  options.fold_memory = settings.fold_memory;
  options.stand_by = settings.run_as_service;
  options.take_over = settings.take_over;
  options.on_wait = [&pulse] { pulse.beat(); };
  options.on_leader = [&metrics](bool leader) { metrics.set_leader(leader); };
  if (settings.dry_run) return std::make_unique<target::DryRunTarget>(std::move(options), stop);
  return std::make_unique<target::PostgresTarget>(std::move(options), stop);
}

std::unique_ptr<notifier::Notifier> make_notifier(const config::Settings& settings, const Stop& stop) {
  if (!settings.nats) return std::make_unique<notifier::LogNotifier>();
  notifier::NatsOptions options;
  for (const auto& server : settings.nats->servers)
    options.servers.push_back("nats://" + config::to_string(server));
  options.user = settings.nats->user;
  options.password = settings.nats->password;
  options.token = settings.nats->token;
  options.tls = settings.nats->tls;
  options.ca_file = settings.nats_ca_file.string();
  return std::make_unique<notifier::NatsNotifier>(std::move(options), stop);
}

loader::LoaderOptions loader_options(const config::Settings& settings) {
  loader::LoaderOptions options;
  options.service = settings.run_as_service;
  options.min_sleep = settings.min_sleep;
  options.max_sleep = settings.max_sleep;
  options.retry_time = settings.retry_time;
  options.full_listing_interval = settings.full_listing_interval;
  options.notifications = settings.notifications;
  options.discover.look_back = std::chrono::ceil<std::chrono::seconds>(settings.look_back);
  options.discover.reload_settle = std::chrono::ceil<std::chrono::seconds>(settings.reload_settle);
  options.late_files = settings.late_files;
  options.read.read_ahead_bytes = settings.read_ahead_bytes;
  options.read.max_row_bytes = settings.max_row_bytes;
  options.read.max_inflate_ratio = settings.max_inflate_ratio;
  options.read.format = settings.format;
  options.read.columns = settings.columns;
  return options;
}

// /metrics, and the probes of container platforms. Alive: the main loop moves, or waits for a long statement
// or as a standby. Ready: the target is open and the last listing of the bucket went well.
void add_pages(metrics::HttpServer& server, const metrics::Metrics& metrics, const Pulse& pulse,
               const loader::Loader& loader, const config::Settings& settings) {
  const double patience =
      std::chrono::duration<double>(settings.max_sleep + std::chrono::minutes(30)).count();
  const auto healthy = [&pulse, patience]() -> metrics::Health {
    const auto idle = pulse.seconds_since();
    return {idle < patience, nlohmann::json{{"seconds_since_last_step", idle}}.dump()};
  };
  const auto ready = [&loader]() -> metrics::Health {
    const bool ok = loader.ready();
    return {ok, nlohmann::json{{"ready", ok}}.dump()};
  };
  metrics::add_operator_pages(server, metrics, healthy, ready);
}

ExitCode run_parts(const config::Settings& settings, const Stop& stop) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  log::info("paper-engine-orders {}: from {} to {}, messages to {}{}.", version, settings.source.display(),
            settings.target ? settings.target->display : "its own PostgreSQL",
            !settings.notifications ? "nobody"
            : settings.nats         ? settings.nats->display()
                                    : "the log",
            settings.dry_run ? "; dry run, nothing is persisted or published" : "");
  for (const auto& warning : settings.warnings) log::warning("{}", warning);

  metrics::Metrics metrics{std::string(version)};
  std::unique_ptr<target::EmbeddedPostgres> embedded;
  ExitCode code = ExitCode::Internal;
  {
    const auto source = make_source(settings, metrics, stop);
    const auto notifier = make_notifier(settings, stop);
    embedded = make_embedded(settings, stop);
    Pulse pulse;
    const auto target = make_target(settings, embedded.get(), metrics, pulse, stop);
    loader::Loader loader(*source, *target, *notifier, metrics, stop, pulse, loader_options(settings));
    std::optional<metrics::HttpServer> http;
    if (settings.metrics_address) {
      http.emplace(settings.metrics_address->host, settings.metrics_address->port);
      add_pages(*http, metrics, pulse, loader, settings);
      http->start();
    }
    code = loader.run();
  }
  if (embedded && !settings.dry_run) {
    log::info("To look at the database: {}", target::open_psql_command(program_name, settings.data_dir));
  }
  return code;
}

ExitCode run(const config::Settings& settings) {
  Stop stop;
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
  fmt::print("{} {}: {} files, {} rows, {:.1f} MB. To load it: SOURCE=\"bucket_path={}\"\n",
             summary.already_there ? "The sample is there already in" : "Wrote a sample to",
             arguments.folder.string(), summary.files, summary.rows, static_cast<double>(summary.bytes) / 1e6,
             arguments.folder.string());
  return ExitCode::Done;
}

// For the verbs that read the source and nothing that a loader writes.
ExitCode with_source(const config::Settings& settings,
                     const std::function<ExitCode(source::Source&, const Stop&)>& verb) {
  Stop stop;
  const Signals signals(stop);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  metrics::Metrics metrics{std::string(version)};
  const auto source = make_source(settings, metrics, stop);
  return verb(*source, stop);
}

// The target as it stands. With an empty TARGET and no private database yet: the tables that ENTITIES would
// make, in a database that is thrown away.
ExitCode describe(const config::DescribeArguments& arguments, config::Settings settings,
                  source::Source& source, const Stop& stop) {
  const bool nothing_yet =
      !settings.target && !target::EmbeddedPostgres(settings.data_dir / "postgres", stop).has_cluster();
  settings.dry_run = true;
  const auto embedded = make_embedded(settings, stop);
  const auto conninfo = embedded ? embedded->conninfo() : settings.target->conninfo;
  if (nothing_yet) make_tables(conninfo, entities_of(settings), stop);
  return describe_tables(arguments, settings, source, conninfo, stop);
}

ExitCode execute(const config::Command& command) {
  if (const auto* print = std::get_if<config::PrintCommand>(&command)) {
    std::fputs(print->text.c_str(), stdout);
    return ExitCode::Done;
  }
  if (const auto* arguments = std::get_if<config::SampleArguments>(&command)) return write_sample(*arguments);
  const auto settings = config::read_settings(config::process_environment());
  log::configure(settings.log_level, settings.log_format);
  if (std::holds_alternative<config::PrintConfigCommand>(command)) {
    std::fputs(config::print_config(settings).c_str(), stdout);
    return ExitCode::Done;
  }
  if (const auto* psql = std::get_if<config::PsqlCommand>(&command)) {
    Stop stop;
    target::EmbeddedOptions options;
    options.programs = settings.pg_bindir;
    return static_cast<ExitCode>(
        target::open_psql(settings.data_dir / "postgres", psql->arguments, stop, options));
  }
  if (const auto* infer = std::get_if<config::InferArguments>(&command)) {
    return with_source(settings, [&](auto& source, const auto& stop) {
      return infer_tables(*infer, settings, source, stop);
    });
  }
  if (const auto* profile = std::get_if<config::ProfileArguments>(&command)) {
    return with_source(settings, [&](auto& source, const auto& stop) {
      return profile_tables(*profile, settings, source, stop);
    });
  }
  if (const auto* arguments = std::get_if<config::DescribeArguments>(&command)) {
    return with_source(settings, [&](auto& source, const auto& stop) {
      return describe(*arguments, settings, source, stop);
    });
  }
  if (const auto* arguments = std::get_if<config::RequestArguments>(&command)) {
    return with_source(settings, [&](auto& source, const auto& stop) {
      const auto embedded = make_embedded(settings, stop);
      return ask_for(*arguments, source, embedded ? embedded->conninfo() : settings.target->conninfo, stop);
    });
  }
  return run(settings);
}

}  // namespace
}  // namespace peo

int main(int argc, char** argv) {
  using peo::ExitCode;
  auto code = ExitCode::Internal;
  try {
    if (argc > 0) peo::program_name = argv[0];
    code = peo::execute(peo::config::read_command_line(argc, argv));
  } catch (const peo::Error& error) {
    peo::log::error("{}", error.describe());
    code = error.exit_code();
  } catch (const std::exception& error) {
    peo::log::error("A fault of the loader: {}. Please report it with this line.", error.what());
  }
  return static_cast<int>(code);
}
