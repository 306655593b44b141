// From settings to the parts of a loader. With main.cpp the only place that names concrete classes.
// Errors are peo::Error; nothing is connected yet unless said so.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/cancellation.hpp"
#include "config/settings.hpp"
#include "embedded/embedded_postgres.hpp"
#include "loader/loader.hpp"
#include "notifier/notifier.hpp"
#include "source/source.hpp"
#include "target/postgres_target.hpp"

namespace peo {

// What a source of the kind S3 tells on its way; may be empty.
struct SourceEvents {
  std::function<void(std::string_view operation, int http_status)> on_request;
  std::function<void(const std::string& date)> on_date;  // an answer's Date header
};

// The bucket, the folder, or, with nothing configured, the sample bucket, which is written if there is none.
std::unique_ptr<source::Source> make_source(const config::Settings& settings, const Cancellation& stop,
                                            SourceEvents events = {});

// The private PostgreSQL of an empty TARGET, started; null when there is a TARGET. A dry run without a data
// folder gets one that is thrown away.
std::unique_ptr<embedded::EmbeddedPostgres> make_embedded(const config::Settings& settings,
                                                          const Cancellation& stop);

// A way to the target for a look at it, beside a loader that may be running: a private PostgreSQL that runs
// is used as it is, one that doesn't is started for as long as this lives. `conninfo` is empty when there is
// none yet.
struct TargetAccess {
  std::unique_ptr<embedded::EmbeddedPostgres> embedded;
  std::string conninfo;
};
TargetAccess reach_target(const config::Settings& settings, const Cancellation& stop);
// With an empty TARGET and no private database yet: an Error when a run surely couldn't make one.
void check_private_postgres(const config::Settings& settings, const Cancellation& stop);
// The same, where there must be one: else an Error says so.
TargetAccess reach_target_that_is(const config::Settings& settings, const Cancellation& stop);

// ENTITIES as the target takes it: "", "none" or a folder.
std::string entities_of(const config::Settings& settings);
target::TargetOptions target_options(const config::Settings& settings, const std::string& conninfo);

std::unique_ptr<notifier::Notifier> make_notifier(const config::Settings& settings, const Cancellation& stop);

loader::LoaderOptions loader_options(const config::Settings& settings);

}  // namespace peo
