// Everything a user can set, checked and ready to use. The settings come from environment variables; each is
// defined once, in setting_list.cpp. `read_settings` checks all of them before anything is touched and
// reports everything that is wrong in one Error (exit code 78). No secret is in that error, in a warning, in
// a `display()` or in `effective`.
//
//   const Settings settings = read_settings(process_environment());
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/aws_environment.hpp"
#include "base/error.hpp"
#include "base/file_format.hpp"
#include "base/log.hpp"
#include "base/policies.hpp"
#include "base/time_zone.hpp"
#include "config/events_settings.hpp"
#include "config/nats_settings.hpp"
#include "config/parse_value.hpp"
#include "config/source_settings.hpp"
#include "config/target_settings.hpp"

namespace peo::config {

using Environment = std::map<std::string, std::string>;
Environment process_environment();

// Where the SQL of the entities comes from.
// Wanted: of the shipped tables, those that the bucket has folders for; all of them with the sample, and in
// an embedded PostgreSQL.
enum class EntitiesKind { Wanted, Shipped, None, Folder };
struct EntitiesSettings {
  EntitiesKind kind = EntitiesKind::Wanted;
  std::filesystem::path folder;  // Folder only: exists and holds *.sql
};

// One line of --print-config.
struct EffectiveSetting {
  std::string name;
  std::string text;    // "***" for a secret
  std::string origin;  // "default", "environment", "file /run/secrets/target", "AWS_REGION"
  std::string note;    // what it comes to, when the text alone doesn't say so
};

struct Settings {
  bool run_as_service = true;
  std::chrono::nanoseconds min_sleep{};
  std::chrono::nanoseconds max_sleep{};
  // While no events can be received; those above are then meant for when they can.
  std::chrono::nanoseconds min_sleep_without_events{};
  std::chrono::nanoseconds max_sleep_without_events{};
  bool dry_run = false;
  bool notifications = true;
  std::optional<NatsSettings> nats;  // nothing: the messages go to the log
  SourceSettings source;
  std::optional<EventsSettings> events;  // nothing: the bucket is polled
  std::optional<TargetSettings> target;  // nothing: a private PostgreSQL in data_dir
  std::filesystem::path data_dir;        // may be relative, may not exist yet
  EntitiesSettings entities;
  FileFormat format;
  std::string format_text;  // as it was given
  ColumnLists columns;
  std::optional<HostPort> metrics_address;  // nothing: off
  log::Level log_level = log::Level::Info;
  log::Form log_format = log::Form::Text;

  std::string cdc_path;  // the transaction files' folder below bucket_path, "cdc/"; empty: there are none

  std::chrono::nanoseconds retry_time{};             // run once: how long a peer may be away
  std::chrono::nanoseconds take_over{};              // of a silent loader's target; 0: never
  std::chrono::nanoseconds look_back{};              // of the change files' listing
  std::chrono::nanoseconds full_listing_interval{};  // 0: never
  LateFiles late_files = LateFiles::Apply;
  std::chrono::nanoseconds reload_settle{};
  std::shared_ptr<const TimeZone> names_zone;  // of the times in the files' names; null: UTC
  RemovalLimit removal_limit;
  BadRowPolicy bad_rows;
  SchemaDrift schema_drift = SchemaDrift::Stop;
  AwsEnvironment aws;  // where the bucket's credentials come from when SOURCE has none
  std::uint64_t read_ahead_bytes = 0;
  std::uint64_t fetch_connections = 0;  // 0: as many as help
  std::uint64_t full_load_connections = 0;
  std::uint64_t max_row_bytes = 0;
  std::uint64_t max_inflate_ratio = 0;   // 0: any
  std::filesystem::path duckdb_library;  // empty: in the usual places
  std::uint64_t max_parquet_bytes = 0;
  std::uint64_t parquet_memory_bytes = 0;
  std::filesystem::path aws_ca_bundle;  // empty (and so those below): not set
  std::filesystem::path nats_ca_file;
  std::filesystem::path nats_cert_file;
  std::filesystem::path nats_key_file;
  std::filesystem::path nats_credentials_file;
  std::string nats_nkey_seed;
  std::filesystem::path pg_bindir;

  std::vector<EffectiveSetting> effective;  // in the order of the list
  std::vector<std::string> warnings;        // to be logged: likely misspelt names, TARGET without TLS
};

// Settings that are wrong: each fault by itself, too.
class SettingsError : public Error {
 public:
  explicit SettingsError(std::vector<std::string> faults);
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  std::vector<std::string> faults_;
};

// All that is wrong is thrown as one SettingsError.
Settings read_settings(const Environment& environment);

}  // namespace peo::config
