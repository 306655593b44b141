#include "cli/components.hpp"

#include <chrono>
#include <cstdlib>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"
#include "cli/secrets_now.hpp"
#include "decode/parquet/duckdb_library.hpp"
#include "embedded/postmaster.hpp"
#include "notifier/log/log_notifier.hpp"
#include "notifier/nats/nats_notifier.hpp"
#include "operate/bucket_prefixes.hpp"
#include "sample/sample.hpp"
#include "source/directory/directory_source.hpp"
#include "source/prefetch.hpp"
#include "source/s3/s3_source.hpp"
#include "tables/describe/catalogue.hpp"
#include "target/postgres/begin_session.hpp"
#include "target/postgres_target.hpp"
#include "target/schema/migrations.hpp"

namespace peo::cli {
namespace {

std::filesystem::path sample_directory(const config::Settings& settings) {
  return settings.data_dir / "sample";
}

// Doesn't start it.
std::unique_ptr<embedded::EmbeddedPostgres> embedded_postgres(const config::Settings& settings,
                                                              const Cancellation& stop) {
  return std::make_unique<embedded::EmbeddedPostgres>(settings.data_dir / "postgres", stop,
                                                      embedded_options(settings));
}

std::string home_directory() {
  const char* const home = std::getenv("HOME");
  return home == nullptr ? "" : home;
}

std::shared_ptr<source::s3::CredentialChain> credentials_of(const config::Settings& settings,
                                                            const source::s3::S3Options& s3,
                                                            const Cancellation& stop) {
  source::s3::ChainOptions options;
  options.environment = settings.aws;
  options.environment.home = home_directory();
  options.region = s3.region;
  options.bucket_on_aws = source::s3::Endpoint(s3.endpoint, s3.bucket, s3.region, s3.style).on_aws();
  options.ca_bundle = s3.ca_bundle;
  options.stop = &stop;
  return source::s3::make_credential_chain(options);
}

}  // namespace

embedded::EmbeddedOptions embedded_options(const config::Settings& settings) {
  embedded::EmbeddedOptions options;
  options.programs = settings.pg_bindir;
  return options;
}

// expected.json is written last.
bool sample_missing(const config::Settings& settings) {
  return settings.source.kind == config::SourceKind::Sample &&
         !std::filesystem::exists(sample_directory(settings) / "expected.json");
}

void write_missing_sample(const config::Settings& settings) {
  if (!sample_missing(settings)) return;
  log::info("SOURCE is empty; writing a sample bucket to {}.", sample_directory(settings).string());
  sample::write_sample({}, sample_directory(settings));
}

std::unique_ptr<source::Source> make_source(const config::Settings& settings, const Cancellation& stop,
                                            SourceCallbacks callbacks) {
  const auto& from = settings.source;
  if (from.kind != config::SourceKind::S3) {
    if (sample_missing(settings)) {
      throw Error::configuration(
          "SOURCE is empty, and there is no sample bucket in " + settings.data_dir.string() + " yet",
          "Set SOURCE, or run the loader once, which writes the sample bucket.");
    }
    return std::make_unique<source::DirectorySource>(from.directory.string());
  }
  source::s3::S3Options options;
  options.endpoint = from.endpoint;
  options.access_key_id = from.access_key_id;
  options.secret_access_key = from.secret_key;
  options.session_token = from.session_token;
  if (!from.access_key_id.empty()) options.read_keys = keys_now(from);
  options.bucket = from.bucket_name;
  options.path = from.path;
  options.region = from.region;
  options.style = from.style == config::BucketStyle::Path      ? source::s3::Style::Path
                  : from.style == config::BucketStyle::Virtual ? source::s3::Style::Virtual
                                                               : source::s3::Style::Auto;
  options.requester_pays = from.requester_pays;
  options.ca_bundle = settings.aws_ca_bundle.string();
  options.stop = &stop;
  // SOURCE overrides the environment: the AWS credential chain is used only if SOURCE has no keys.
  if (from.access_key_id.empty()) options.credentials = credentials_of(settings, options, stop);
  options.on_request = std::move(callbacks.on_request);
  options.on_date = std::move(callbacks.on_date);
  return std::make_unique<source::Prefetch>(
      std::make_unique<source::s3::S3Source>(std::move(options)),
      source::PrefetchOptions{.bytes = settings.read_ahead_bytes / 2,
                              .connections = static_cast<std::size_t>(settings.fetch_connections)},
      stop);
}

std::unique_ptr<embedded::EmbeddedPostgres> make_embedded(const config::Settings& settings,
                                                          const Cancellation& stop) {
  if (settings.target) return nullptr;
  auto embedded = embedded_postgres(settings, stop);
  // A dry run must not leave a data directory behind.
  if (settings.dry_run && !embedded->has_cluster())
    embedded = embedded::EmbeddedPostgres::temporary(stop, embedded_options(settings));
  embedded->start();
  return embedded;
}

TargetAccess find_target(const config::Settings& settings, const Cancellation& stop) {
  if (settings.target) return {nullptr, settings.target->conninfo};
  auto embedded = embedded_postgres(settings, stop);
  if (!embedded->has_cluster()) return {};
  try {
    embedded->start();
  } catch (const Error& error) {
    // A running loader holds the data directory: its server is used instead.
    const auto found = embedded::running_postmaster(embedded->cluster().path());
    if (error.exit_code() != ExitCode::TryAgain || stop.requested() || !found || found->status != "ready")
      throw;
    return {nullptr, embedded::conninfo_of(*found)};
  }
  auto conninfo = embedded->conninfo();
  return {std::move(embedded), std::move(conninfo)};
}

void check_embedded_postgres(const config::Settings& settings, const Cancellation& stop) {
  embedded_postgres(settings, stop)->check_can_be_created();
}

TargetAccess require_target(const config::Settings& settings, const Cancellation& stop) {
  auto access = find_target(settings, stop);
  if (access.conninfo.empty()) {
    throw Error::configuration("there is no embedded PostgreSQL in " + settings.data_dir.string() + " yet",
                               "Run the loader first, or set TARGET or DATA_DIR.");
  }
  return access;
}

std::string entities_of(const config::Settings& settings) {
  switch (settings.entities.kind) {
    case config::EntitiesKind::Wanted:
    case config::EntitiesKind::Shipped:
      break;
    case config::EntitiesKind::None:
      return "none";
    case config::EntitiesKind::Directory:
      return settings.entities.directory.string();
  }
  return "shipped";
}

bool entities_by_bucket(const config::Settings& settings) {
  return settings.entities.kind == config::EntitiesKind::Wanted &&
         settings.source.kind != config::SourceKind::Sample && settings.target;
}

target::TargetOptions target_options(const config::Settings& settings, const std::string& conninfo,
                                     source::Source* source) {
  target::TargetOptions options;
  options.conninfo = conninfo;
  if (settings.target) {
    options.read_conninfo = [last = conninfo]() mutable {
      if (const auto now = settings_now(); now && now->target) last = now->target->conninfo;
      return last;
    };
  }
  options.notifications = settings.notifications;
  options.full_load_connections = settings.full_load_connections;
  options.removal_limit = settings.removal_limit;
  options.bad_rows = settings.bad_rows;
  options.stand_by = settings.run_as_service;
  options.take_over = settings.take_over;
  options.entities = entities_of(settings);
  if (entities_by_bucket(settings) && source != nullptr) {
    options.wanted_tables = [source, transactions = settings.cdc_path](const TableNames& tables) {
      try {
        return operate::bucket_prefixes(*source, transactions).unclaimed_names(tables);
      } catch (Error& error) {
        error.at(Step::Discover);
        throw;
      }
    };
  }
  return options;
}

std::unique_ptr<target::Target> make_target(const config::Settings& settings, target::TargetOptions options,
                                            const Cancellation& stop) {
  if (settings.dry_run) return make_dry_run_target(std::move(options), stop);
  return std::make_unique<target::PostgresTarget>(std::move(options), stop);
}

std::unique_ptr<target::DryRunTarget> make_dry_run_target(target::TargetOptions options,
                                                          const Cancellation& stop) {
  return std::make_unique<target::DryRunTarget>(std::move(options), stop);
}

void create_tables(const std::string& conninfo, const std::string& entities, const Cancellation& stop) {
  target::Connection connection(conninfo, stop);
  connection.connect();
  target::migrate(connection, target::begin_session(connection).schema, target::migrations_of(entities));
}

describe::Model read_catalogue(const std::string& conninfo, const Cancellation& stop) {
  target::Connection connection(conninfo, stop);
  connection.connect();
  return describe::read_model(connection, target::begin_session(connection).schema);
}

std::string target_text(const config::Settings& settings) {
  return settings.target
             ? settings.target->display
             : "the embedded PostgreSQL in " + std::filesystem::absolute(settings.data_dir).string();
}

std::chrono::seconds behind_after(const config::Settings& settings) {
  return std::chrono::ceil<std::chrono::seconds>(2 * settings.max_sleep) + std::chrono::seconds(60);
}

std::unique_ptr<notifier::Notifier> make_notifier(const config::Settings& settings,
                                                  const Cancellation& stop) {
  if (!settings.nats) return std::make_unique<notifier::LogNotifier>();
  auto options = nats_options(settings, *settings.nats);
  options.renew = [](nats::NatsOptions& old) {
    if (const auto now = settings_now(); now && now->nats) put_login(*now, *now->nats, old);
  };
  return std::make_unique<notifier::NatsNotifier>(std::move(options), stop);
}

parquet::ParquetOptions parquet_options(const config::Settings& settings) {
  parquet::ParquetOptions options;
  options.library = settings.duckdb_library;
  options.directory = settings.data_dir;
  options.max_bytes = settings.max_parquet_bytes;
  options.memory_bytes = settings.parquet_memory_bytes;
  return options;
}

survey::ReadSettings survey_settings(const config::Settings& settings, const Cancellation& stop) {
  return {.format = settings.format,
          .columns = settings.columns,
          .max_row_bytes = settings.max_row_bytes,
          .parquet = std::make_shared<parquet::ParquetReader>(parquet_options(settings), stop)};
}

loader::LoaderOptions loader_options(const config::Settings& settings) {
  loader::LoaderOptions options;
  options.service = settings.run_as_service;
  options.poll.times = {settings.min_sleep, settings.max_sleep};
  options.poll.without_events = {settings.min_sleep_without_events, settings.max_sleep_without_events};
  options.retry_time = settings.retry_time;
  options.full_listing_interval = settings.full_listing_interval;
  options.notifications = settings.notifications;
  options.discover.look_back = std::chrono::ceil<std::chrono::seconds>(settings.look_back);
  options.discover.reload_settle = std::chrono::ceil<std::chrono::seconds>(settings.reload_settle);
  if (!settings.dry_run) {  // which reports the whole backlog
    options.discover.stop_when_full = true;
    options.discover.round_limit = 20'000;
  }
  options.discover.transactions = settings.cdc_path;
  options.discover.names_zone = settings.names_zone;
  if (parquet::find_duckdb(settings.duckdb_library).empty())
    options.discover.no_parquet = parquet::missing_duckdb(settings.duckdb_library);
  options.late_files = settings.late_files;
  options.bad_rows = settings.bad_rows;
  options.read.keep_bad_rows = settings.bad_rows.action == BadRows::QuarantineRow;
  options.read.read_ahead_bytes = settings.read_ahead_bytes / 2;  // the other half: make_source()
  options.read.max_row_bytes = settings.max_row_bytes;
  options.read.max_inflate_ratio = settings.max_inflate_ratio;
  options.read.format = settings.format;
  options.read.columns = settings.columns;
  options.read.schema_drift = settings.schema_drift;
  options.read.parquet = parquet_options(settings);
  return options;
}

}  // namespace peo::cli
