// The validated settings. They come from environment variables; each is defined once, in setting_list.cpp.
// `read_settings` checks all of them before anything else happens and reports all errors in one Error (exit
// code 78). That error, warnings, `display()` and `effective` contain no secrets.
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
// Wanted: the shipped tables whose prefix exists in the bucket; all of them with the sample or an embedded
// PostgreSQL.
enum class EntitiesKind { Wanted, Shipped, None, Directory };
struct EntitiesSettings {
  EntitiesKind kind = EntitiesKind::Wanted;
  std::filesystem::path directory;  // Directory only: exists and contains *.sql
};

// One line of --print-config.
struct EffectiveSetting {
  std::string name;
  std::string text;    // "***" for a secret
  std::string origin;  // "default", "environment", "file /run/secrets/target", "AWS_REGION"
  std::string note;    // the effective meaning, when the text alone doesn't show it
};

struct Settings {
  bool run_as_service = true;
  std::chrono::nanoseconds min_sleep{};
  std::chrono::nanoseconds max_sleep{};
  // Used instead while events can't be received.
  std::chrono::nanoseconds min_sleep_without_events{};
  std::chrono::nanoseconds max_sleep_without_events{};
  bool dry_run = false;
  bool notifications = true;
  std::optional<NatsSettings> nats;  // nothing: messages are written to the log
  SourceSettings source;
  std::optional<EventsSettings> events;  // nothing: the bucket is polled
  std::optional<TargetSettings> target;  // nothing: an embedded PostgreSQL in data_dir
  std::filesystem::path data_dir;        // may be relative, may not exist yet
  EntitiesSettings entities;
  FileFormat format;
  std::string format_text;  // as set
  ColumnLists columns;
  std::optional<HostPort> metrics_address;  // nothing: off
  log::Level log_level = log::Level::Info;
  log::Form log_format = log::Form::Text;

  std::string cdc_path;  // the transaction files' prefix, relative to bucket_path, "cdc/"; empty: none

  std::chrono::nanoseconds retry_time{};             // single run: how long to retry an unavailable server
  std::chrono::nanoseconds take_over{};              // heartbeat timeout of the active loader; 0: never
  std::chrono::nanoseconds look_back{};              // of the change files' listing
  std::chrono::nanoseconds full_listing_interval{};  // 0: never
  LateFiles late_files = LateFiles::Apply;
  std::chrono::nanoseconds reload_settle{};
  std::shared_ptr<const TimeZone> names_zone;  // of the times in file names; null: UTC
  RemovalLimit removal_limit;
  BadRowPolicy bad_rows;
  SchemaDrift schema_drift = SchemaDrift::Stop;
  AwsEnvironment aws;  // sources of the bucket's credentials if SOURCE has none
  std::uint64_t read_ahead_bytes = 0;
  std::uint64_t fetch_connections = 0;  // 0: adaptive
  std::uint64_t full_load_connections = 0;
  std::uint64_t max_row_bytes = 0;
  std::uint64_t max_inflate_ratio = 0;   // 0: no limit
  std::filesystem::path duckdb_library;  // empty: in the default directories
  std::uint64_t max_parquet_bytes = 0;
  std::uint64_t parquet_memory_bytes = 0;
  std::filesystem::path aws_ca_bundle;  // empty (like those below): not set
  std::filesystem::path nats_ca_file;
  std::filesystem::path nats_cert_file;
  std::filesystem::path nats_key_file;
  std::filesystem::path nats_credentials_file;
  std::string nats_nkey_seed;
  std::filesystem::path pg_bindir;

  std::vector<EffectiveSetting> effective;  // in the order of the list
  std::vector<std::string> warnings;        // to be logged: probably misspelled names, TARGET without TLS
};

// All errors in the settings, also available one by one.
class SettingsError : public Error {
 public:
  explicit SettingsError(std::vector<std::string> faults);
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  std::vector<std::string> faults_;
};

// Throws all errors as one SettingsError.
Settings read_settings(const Environment& environment);

}  // namespace peo::config
