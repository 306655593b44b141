// Creates the components of a loader from the settings. The only place that names concrete classes of source,
// target and notifier. Errors are peo::Error; nothing is connected unless stated. One thread.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/cancellation.hpp"
#include "config/settings.hpp"
#include "embedded/embedded_postgres.hpp"
#include "loader/loader.hpp"
#include "notifier/notifier.hpp"
#include "operate/status.hpp"
#include "source/events/event_receiver.hpp"
#include "source/source.hpp"
#include "tables/describe/model.hpp"
#include "tables/survey/row_reader.hpp"
#include "target/dry_run/dry_run_target.hpp"

namespace peo::cli {

// Called by an S3 source; may be empty.
struct SourceCallbacks {
  std::function<void(std::string_view operation, int http_status)> on_request;
  std::function<void(const std::string& date)> on_date;  // an answer's Date header
};

// With an empty SOURCE, a run reads the sample bucket; this writes it if it doesn't exist.
void write_missing_sample(const config::Settings& settings);
// The bucket, the directory or the sample bucket. An Error when the sample bucket doesn't exist yet.
std::unique_ptr<source::Source> make_source(const config::Settings& settings, const Cancellation& stop,
                                            SourceCallbacks callbacks = {});
// The sample bucket is configured but not written yet. Only a run writes it.
bool sample_missing(const config::Settings& settings);

// The embedded PostgreSQL of an empty TARGET, started; null when there is a TARGET. A dry run without a data
// directory gets a temporary one.
std::unique_ptr<embedded::EmbeddedPostgres> make_embedded(const config::Settings& settings,
                                                          const Cancellation& stop);
embedded::EmbeddedOptions embedded_options(const config::Settings& settings);
// For an empty TARGET without an embedded database yet: an Error if a run couldn't create one.
void check_embedded_postgres(const config::Settings& settings, const Cancellation& stop);

// Access to the target, also while a loader is running: a running embedded PostgreSQL is used, a stopped one
// is started for the lifetime of this object.
struct TargetAccess {
  std::unique_ptr<embedded::EmbeddedPostgres> embedded;
  std::string conninfo;
};
// `conninfo` is empty when there is no target yet.
TargetAccess find_target(const config::Settings& settings, const Cancellation& stop);
// An Error when there is no target yet.
TargetAccess require_target(const config::Settings& settings, const Cancellation& stop);

// ENTITIES as TargetOptions expects it: "shipped", "none" or a directory.
std::string entities_of(const config::Settings& settings);
// Whether the bucket's prefixes determine which of the shipped tables are created.
bool entities_by_bucket(const config::Settings& settings);
// `source`: its prefixes are listed when the target is opened, if entities_by_bucket(); must outlive the
// target.
target::TargetOptions target_options(const config::Settings& settings, const std::string& conninfo,
                                     source::Source* source);
// A dry run's target if DRY_RUN is set.
std::unique_ptr<target::Target> make_target(const config::Settings& settings, target::TargetOptions options,
                                            const Cancellation& stop);
std::unique_ptr<target::DryRunTarget> make_dry_run_target(target::TargetOptions options,
                                                          const Cancellation& stop);
// For an empty database. This and read_catalogue() connect.
void create_tables(const std::string& conninfo, const std::string& entities, const Cancellation& stop);
describe::Model read_catalogue(const std::string& conninfo, const Cancellation& stop);

// How long a file may wait before the loader is behind.
std::chrono::seconds behind_after(const config::Settings& settings);
// For display; no secrets.
std::string target_text(const config::Settings& settings);
// From the ledger, the bucket and the loader that answers on METRICS_ADDRESS. `conninfo`: empty when there is
// no target yet.
operate::Status read_status(const config::Settings& settings, const std::string& conninfo, bool list_bucket,
                            const Cancellation& stop);

std::unique_ptr<notifier::Notifier> make_notifier(const config::Settings& settings, const Cancellation& stop);

// Receives from SOURCE_EVENTS; null when it is empty, and for a run that isn't a service. Connects when
// receiving begins.
std::unique_ptr<source::EventReceiver> make_events(const config::Settings& settings,
                                                   metrics::Metrics& metrics, const Cancellation& stop);
// The channel of SOURCE_EVENTS, which must be set.
std::unique_ptr<source::EventChannel> make_event_channel(const config::Settings& settings,
                                                         const Cancellation& stop);

loader::LoaderOptions loader_options(const config::Settings& settings);
parquet::ParquetOptions parquet_options(const config::Settings& settings);
// `stop` must outlive the readers that use the result.
survey::ReadSettings survey_settings(const config::Settings& settings, const Cancellation& stop);

}  // namespace peo::cli
