#include "metrics/metrics.hpp"

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "base/log.hpp"
#include "metrics/process_metrics.hpp"

namespace peo::metrics {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;

constexpr std::array<Step, step_count> steps{Step::Discover, Step::Fetch,  Step::Decompress, Step::Parse,
                                             Step::Apply,    Step::Record, Step::Notify};
constexpr std::array<ErrorKind, 3> error_kinds{ErrorKind::Retry, ErrorKind::BadDelivery, ErrorKind::Fatal};

const char* text_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Retry:
      return "retry";
    case ErrorKind::BadDelivery:
      return "bad_delivery";
    case ErrorKind::Fatal:
      return "permanent";
  }
  return "unknown";
}

const char* text_of(Dependency peer) {
  switch (peer) {
    case Dependency::Source:
      return "source";
    case Dependency::Target:
      return "target";
    case Dependency::Notifier:
      return "notifier";
  }
  return "unknown";
}

const char* text_of(IgnoredObject reason) {
  switch (reason) {
    case IgnoredObject::ControlTable:
      return "control_table";
    case IgnoredObject::UnknownFile:
      return "unknown_file";
    case IgnoredObject::UnknownTable:
      return "folder_without_table";
    case IgnoredObject::FolderMarker:
      return "folder_marker";
    case IgnoredObject::Parquet:
      return "parquet_file";
  }
  return "unknown";
}

constexpr std::array policies{Policy::LateApplied,    Policy::RewrittenApplied,  Policy::Noted,
                              Policy::Reloaded,       Policy::Superseded,        Policy::Held,
                              Policy::Replayed,       Policy::SkippedByOperator, Policy::Quarantined,
                              Policy::ColumnsIgnored, Policy::ColumnsAdded};

const char* text_of(Policy policy) {
  switch (policy) {
    case Policy::LateApplied:
      return "late_applied";
    case Policy::RewrittenApplied:
      return "rewritten_applied";
    case Policy::Noted:
      return "noted";
    case Policy::Reloaded:
      return "reloaded";
    case Policy::Superseded:
      return "superseded";
    case Policy::Held:
      return "held";
    case Policy::Replayed:
      return "replayed";
    case Policy::SkippedByOperator:
      return "skipped_by_operator";
    case Policy::Quarantined:
      return "quarantined";
    case Policy::ColumnsIgnored:
      return "columns_ignored";
    case Policy::ColumnsAdded:
      return "columns_added";
  }
  return "unknown";
}

// A single label value that isn't UTF-8 makes Prometheus reject the whole scrape: invalid UTF-8 becomes
// U+FFFD, and control characters are escaped. Prometheus parses UTF-8 strictly, and so does the JSON library.
std::string label(std::string_view value) {
  using nlohmann::json;
  const auto quoted = json(value).dump(-1, ' ', false, json::error_handler_t::replace);
  return shortened(json::parse(quoted).get<std::string>(), 200);
}

double unix_time(Time time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

double now() { return unix_time(peo::now()); }

// The clocks used are steady, but a counter must never decrease.
double at_least_zero(double seconds) { return seconds > 0 ? seconds : 0; }

std::string name(std::string_view rest) { return fmt::format("paper_engine_orders_{}", rest); }

}  // namespace

// The series of an entity that each delivery updates, cached to avoid lookups by label.
struct EntitySeries {
  std::map<DeliveryKind, Counter*> loaded;
  Counter *created, *amended, *removed;
  Counter *rejected_rows, *ignored_rows, *rows_read, *source_bytes, *uncompressed_bytes;
  Gauge *backlog_files, *backlog_bytes, *newest_file;
  Histogram *duration, *lag;
};

struct Metrics::Inner {
  mutable std::mutex mutex;  // guards last_ and entities
  Snapshot last_;
  std::map<std::string, EntitySeries> entities;
  std::array<Counter*, step_count> seconds_of{};  // by Step
  std::map<std::string, Gauge*> held_reasons;     // by entity; guarded, too
  std::optional<Time> blocked_since;              // or when it was last counted; guarded, too

  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Throw};

  const EntitySeries& series_of(const std::string& entity);  // they are there from then on

  Family<Counter>& counter(std::string_view rest, const std::string& help) {
    return prometheus::BuildCounter().Name(name(rest)).Help(help).Register(registry);
  }
  Family<Gauge>& gauge(std::string_view rest, const std::string& help) {
    return prometheus::BuildGauge().Name(name(rest)).Help(help).Register(registry);
  }

  Family<Counter>& deliveries = counter("deliveries_total", "Deliveries by result.");
  Family<Counter>& policies =
      counter("policies_total", "Files that were not simply the next one, by the policy that was applied.");
  Family<Counter>& rows = counter("rows_total", "Rows that actually changed in the target, by effect.");
  Family<Counter>& rejected_rows =
      counter("rejected_rows_total", "Rows that could not be loaded and were rejected into loader_rejects.");
  Family<Counter>& ignored_rows =
      counter("ignored_rows_total",
              "Rows of transaction files that were ignored because the target has no such table.");
  Family<Counter>& rows_read = counter("rows_read_total", "Rows read from loaded files.");
  Family<Counter>& source_bytes = counter("source_bytes_total", "Bytes of loaded files, as fetched.");
  Family<Counter>& uncompressed_bytes =
      counter("uncompressed_bytes_total", "Bytes of loaded files, after decompression.");
  Family<Counter>& step_seconds = counter("step_seconds_total", "Time spent in each step of a delivery.");
  Family<Histogram>& duration = prometheus::BuildHistogram()
                                    .Name(name("delivery_duration_seconds"))
                                    .Help("Time from the start to the end of a delivery.")
                                    .Register(registry);
  Family<Counter>& errors = counter(
      "errors_total",
      "Errors by step and kind: retry (temporary), permanent (until its cause is fixed), bad_delivery "
      "(of a file).");
  Family<Counter>& retries = counter("retries_total", "Retries by dependency (source, target, notifier).");
  Family<Counter>& s3_requests =
      counter("s3_requests_total", "Requests to the bucket by HTTP status; none: no response.");
  Family<Counter>& discovered =
      counter("files_discovered_total",
              "Loaded files by how they were found: through an event for their prefix, or a poll.");
  Family<Counter>& events =
      counter("events_total",
              "Messages from SOURCE_EVENTS: hint (for a prefix of the source), ignored (for "
              "another prefix or of another kind), malformed.");
  Gauge& last_event = gauge("last_event_timestamp_seconds",
                            "When the last message from SOURCE_EVENTS was received; 0: none yet.")
                          .Add({});
  Gauge& events_available =
      gauge("events_available",
            "1: messages from SOURCE_EVENTS can be received; 0: they can't, or it isn't set.")
          .Add({});
  Family<Gauge>& backlog_files =
      gauge("backlog_files",
            "Files waiting to be loaded, as far as they are listed; a long backlog may have more.");
  Family<Gauge>& backlog_bytes = gauge("backlog_bytes", "Bytes of the files waiting to be loaded.");
  Family<Gauge>& held_tables =
      gauge("held_tables", "1: the table is held, nothing more is loaded into it; otherwise 0.");
  Family<Gauge>& blocked_tables =
      gauge("blocked_tables",
            "1: the table is held because another session has locked it; otherwise 0. It is retried.");
  Family<Gauge>& held_table_info =
      gauge("held_table_info", "1 for each held table, with the reason as a label.");
  Family<Histogram>& lag = prometheus::BuildHistogram()
                               .Name(name("lag_seconds"))
                               .Help("Time from writing a file to committing its rows.")
                               .Register(registry);
  Family<Gauge>& newest_file =
      gauge("newest_loaded_object_timestamp_seconds",
            "When the newest file that this process has loaded was last modified; 0: none yet.");
  Counter& blocked =
      counter("blocked_seconds_total", "Time that loads have waited for locks held by other sessions.")
          .Add({});
  Family<Gauge>& quarantined_files = gauge("quarantined_files", "Files in quarantine, which are not loaded.");
  Family<Gauge>& quarantined_rows =
      gauge("quarantined_rows", "Rejected rows of loaded files, in loader_rejects.");
  Family<Gauge>& ignored = gauge("ignored_objects", "Objects in the bucket that are ignored, by reason.");
  Counter& published =
      counter("messages_published_total", "Messages that the broker has acknowledged.").Add({});
  Gauge& unsent =
      gauge("unsent_messages", "Messages in the outbox that the broker has not acknowledged yet.").Add({});
  Gauge& last_success = gauge("last_success_timestamp_seconds",
                              "When a delivery was last loaded or a poll last found nothing new; 0: not yet.")
                            .Add({});
  Gauge& last_poll =
      gauge("last_poll_timestamp_seconds", "When the bucket was last polled; 0: not yet.").Add({});
  Gauge& last_full_listing =
      gauge("last_full_listing_timestamp_seconds",
            "When the whole bucket was last listed, which finds late files; 0: not yet.")
          .Add({});
  Gauge& oldest_waiting = gauge("oldest_waiting_object_timestamp_seconds",
                                "When the oldest waiting file was last modified; 0: none is waiting.")
                              .Add({});
  Gauge& leader = gauge("leader", "1: this process is the active loader; 0: it is standing by.").Add({});
};

Metrics::Metrics(const std::string& version) : inner_(std::make_unique<Inner>()) {
  auto& in = *inner_;
  in.gauge("build_info", "1, with the version as a label.").Add({{"version", label(version)}}).Set(1);
  for (const auto step : steps) {
    in.seconds_of.at(static_cast<std::size_t>(step)) =
        &in.step_seconds.Add({{"step", std::string(to_string(step))}});
    for (const auto kind : error_kinds)
      in.errors.Add({{"step", std::string(to_string(step))}, {"kind", text_of(kind)}});
  }
  for (const auto peer : {Dependency::Source, Dependency::Target, Dependency::Notifier})
    in.retries.Add({{"peer", text_of(peer)}});
  for (const auto reason :
       {IgnoredObject::ControlTable, IgnoredObject::UnknownFile, IgnoredObject::UnknownTable,
        IgnoredObject::FolderMarker, IgnoredObject::Parquet}) {
    in.ignored.Add({{"reason", text_of(reason)}});
  }
  for (const char* operation : {"list", "get"}) {
    for (const char* code : {"200", "403", "404", "503", "none"})
      in.s3_requests.Add({{"operation", operation}, {"code", code}});
  }
  for (const char* by : {"event", "poll"}) in.discovered.Add({{"by", by}});
  for (const char* result : {"hint", "ignored", "malformed"}) in.events.Add({{"result", result}});
}

Metrics::~Metrics() = default;

void Metrics::declare_entity(const std::string& entity) { inner_->series_of(entity); }

const EntitySeries& Metrics::Inner::series_of(const std::string& entity) {
  const std::lock_guard lock(mutex);
  if (const auto found = entities.find(entity); found != entities.end()) return found->second;
  const auto value = label(entity);
  EntitySeries series{};
  for (const auto kind : {DeliveryKind::FullLoad, DeliveryKind::Change}) {
    const auto with = [&](const char* result) {
      return &deliveries.Add({{"entity", value}, {"kind", to_string(kind)}, {"result", result}});
    };
    series.loaded[kind] = with("loaded");
    with("rejected");
    with("failed");
  }
  const auto effect = [&](const char* name) { return &rows.Add({{"entity", value}, {"effect", name}}); };
  series.created = effect("create");
  series.amended = effect("amend");
  series.removed = effect("remove");
  for (const auto policy : metrics::policies) policies.Add({{"entity", value}, {"policy", text_of(policy)}});
  const Labels of_entity{{"entity", value}};
  series.rejected_rows = &rejected_rows.Add(of_entity);
  series.ignored_rows = &ignored_rows.Add(of_entity);
  series.rows_read = &rows_read.Add(of_entity);
  series.source_bytes = &source_bytes.Add(of_entity);
  series.uncompressed_bytes = &uncompressed_bytes.Add(of_entity);
  series.backlog_files = &backlog_files.Add(of_entity);
  series.backlog_bytes = &backlog_bytes.Add(of_entity);
  held_tables.Add(of_entity);
  blocked_tables.Add(of_entity);
  series.newest_file = &newest_file.Add(of_entity);
  series.lag = &lag.Add(
      of_entity, Histogram::BucketBoundaries{1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 21600, 86400});
  quarantined_files.Add(of_entity);
  quarantined_rows.Add(of_entity);
  series.duration =
      &duration.Add(of_entity, Histogram::BucketBoundaries{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
                                                           5, 10, 30, 60, 300, 900, 3600});
  return entities.emplace(entity, std::move(series)).first->second;
}

void Metrics::delivery_done(const DeliveryDone& delivery) {
  const auto& series = inner_->series_of(delivery.entity);
  const auto count = [](Counter* counter, std::uint64_t more) {
    counter->Increment(static_cast<double>(more));
  };
  count(series.loaded.at(delivery.kind), 1);
  count(series.rejected_rows, delivery.rejected);
  count(series.ignored_rows, delivery.ignored_rows);
  count(series.rows_read, delivery.rows_read);
  count(series.source_bytes, delivery.source_bytes);
  count(series.uncompressed_bytes, delivery.uncompressed_bytes);
  series.duration->Observe(at_least_zero(delivery.seconds));
  const auto written = unix_time(delivery.written);
  series.lag->Observe(at_least_zero(now() - written));
  if (written > series.newest_file->Value()) series.newest_file->Set(written);
  for (const auto& [changed, effects] : delivery.effects) {
    const auto& of_changed = inner_->series_of(changed);
    count(of_changed.created, effects.created);
    count(of_changed.amended, effects.amended);
    count(of_changed.removed, effects.removed);
  }
  for (const auto step : steps)
    add_step_seconds(step, delivery.step_seconds.at(static_cast<std::size_t>(step)));
  decrement_backlog(delivery.entity, delivery.source_bytes);
  log::info(LogFields{.delivery = delivery.delivery_id, .entity = delivery.entity},
            "Delivery {}: prometheus counters incremented.", delivery.delivery_id);
}

void Metrics::delivery_not_loaded(const std::string& entity, DeliveryKind kind, NotLoaded why) {
  declare_entity(entity);
  inner_->deliveries
      .Add({{"entity", label(entity)},
            {"kind", to_string(kind)},
            {"result", why == NotLoaded::Rejected ? "rejected" : "failed"}})
      .Increment();
}

void Metrics::count_policy(const std::string& entity, Policy policy) {
  inner_->policies.Add({{"entity", label(entity)}, {"policy", text_of(policy)}}).Increment();
}

void Metrics::add_step_seconds(Step step, double seconds) {
  inner_->seconds_of.at(static_cast<std::size_t>(step))->Increment(at_least_zero(seconds));
}

void Metrics::count_error(std::optional<Step> step, ErrorKind kind) {
  const auto where = step ? to_string(*step) : std::string_view("unknown");
  inner_->errors.Add({{"step", std::string(where)}, {"kind", text_of(kind)}}).Increment();
}

void Metrics::count_retry(Dependency peer) { inner_->retries.Add({{"peer", text_of(peer)}}).Increment(); }

void Metrics::count_messages_published(std::uint64_t count) {
  inner_->published.Increment(static_cast<double>(count));
}

void Metrics::count_s3_request(std::string_view operation, int code) {
  // A server's own invention must not make ever more series.
  const auto text = code == 0 ? "none" : code >= 100 && code < 600 ? std::to_string(code) : "other";
  inner_->s3_requests.Add({{"operation", label(operation)}, {"code", text}}).Increment();
}

void Metrics::count_discovered(bool by_event, std::uint64_t files) {
  inner_->discovered.Add({{"by", by_event ? "event" : "poll"}}).Increment(static_cast<double>(files));
}

void Metrics::count_event(Event event) {
  const char* const result = event == Event::Hint      ? "hint"
                             : event == Event::Ignored ? "ignored"
                                                       : "malformed";
  inner_->events.Add({{"result", result}}).Increment();
  inner_->last_event.Set(now());
}

void Metrics::set_events_available(bool available) { inner_->events_available.Set(available ? 1 : 0); }

void Metrics::poll_done() {
  inner_->last_poll.Set(now());
  const std::lock_guard lock(inner_->mutex);
  inner_->last_.last_poll = peo::now();
}

void Metrics::poll_completed() { inner_->last_success.Set(now()); }

void Metrics::set_backlog(const std::string& entity, std::uint64_t files, std::uint64_t bytes) {
  const auto& series = inner_->series_of(entity);
  series.backlog_files->Set(static_cast<double>(files));
  series.backlog_bytes->Set(static_cast<double>(bytes));
  const std::lock_guard lock(inner_->mutex);
  inner_->last_.backlog[entity] = {files, bytes};
}

// Between two looks at the bucket the backlog shrinks with each delivery that is in.
void Metrics::decrement_backlog(const std::string& entity, std::uint64_t bytes) {
  Waiting waiting;
  {
    const std::lock_guard lock(inner_->mutex);
    waiting = inner_->last_.backlog[entity];
  }
  set_backlog(entity, waiting.files - std::min<std::uint64_t>(waiting.files, 1),
              waiting.bytes - std::min(waiting.bytes, bytes));
}

void Metrics::set_held(const HeldTexts& held) {
  auto& in = *inner_;
  const std::lock_guard lock(in.mutex);
  if (in.last_.held == held) return;
  for (const auto& [entity, text] : in.last_.held) {
    in.held_tables.Add({{"entity", label(entity)}}).Set(0);
    in.blocked_tables.Add({{"entity", label(entity)}}).Set(0);
  }
  for (const auto& [entity, info] : in.held_reasons) in.held_table_info.Remove(info);
  in.held_reasons.clear();
  for (const auto& [entity, text] : held) {
    in.held_tables.Add({{"entity", label(entity)}}).Set(1);
    in.blocked_tables.Add({{"entity", label(entity)}}).Set(text.waits_for_lock ? 1 : 0);
    auto& info = in.held_table_info.Add({{"entity", label(entity)}, {"reason", label(text.reason)}});
    info.Set(1);
    in.held_reasons[entity] = &info;
  }
  in.last_.held = held;
}

void Metrics::set_lock_wait(const std::string& holder) {
  auto& in = *inner_;
  const std::lock_guard lock(in.mutex);
  const auto time = peo::now();
  if (in.blocked_since)
    in.blocked.Increment(at_least_zero(std::chrono::duration<double>(time - *in.blocked_since).count()));
  in.blocked_since = holder.empty() ? std::nullopt : std::optional(time);
  in.last_.lock_wait = holder;
}

void Metrics::set_quarantined(const std::map<std::string, Quarantined>& quarantined) {
  const std::lock_guard lock(inner_->mutex);
  const auto set = [&](const std::string& entity, const Quarantined& now) {
    const Labels labels{{"entity", label(entity)}};
    inner_->quarantined_files.Add(labels).Set(static_cast<double>(now.files));
    inner_->quarantined_rows.Add(labels).Set(static_cast<double>(now.rows));
  };
  for (const auto& [entity, before] : inner_->last_.quarantined) set(entity, {});
  for (const auto& [entity, now] : quarantined) set(entity, now);
  inner_->last_.quarantined = quarantined;
}

void Metrics::set_unmatched(const std::vector<std::string>& prefixes) {
  const std::lock_guard lock(inner_->mutex);
  inner_->last_.unmatched = prefixes;
}

void Metrics::set_ignored_parquet(const IgnoredParquet& ignored) {
  const std::lock_guard lock(inner_->mutex);
  inner_->last_.parquet = ignored;
}

void Metrics::set_oldest_waiting(std::optional<Time> last_modified) {
  inner_->oldest_waiting.Set(last_modified ? unix_time(*last_modified) : 0);
  const std::lock_guard lock(inner_->mutex);
  inner_->last_.oldest_waiting = last_modified;
}

void Metrics::set_last_full_listing(std::optional<Time> time) {
  inner_->last_full_listing.Set(time ? unix_time(*time) : 0);
  const std::lock_guard lock(inner_->mutex);
  inner_->last_.last_full_listing = time;
}

void Metrics::set_unsent_messages(std::uint64_t count) {
  inner_->unsent.Set(static_cast<double>(count));
  const std::lock_guard lock(inner_->mutex);
  inner_->last_.unsent_messages = count;
}

void Metrics::set_ignored_objects(IgnoredObject reason, std::uint64_t count) {
  inner_->ignored.Add({{"reason", text_of(reason)}}).Set(static_cast<double>(count));
  const std::lock_guard lock(inner_->mutex);
  inner_->last_.ignored[reason] = count;
}

void Metrics::set_leader(bool leader) {
  inner_->leader.Set(leader ? 1 : 0);
  const std::lock_guard lock(inner_->mutex);
  inner_->last_.leader = leader;
}

Metrics::Snapshot Metrics::snapshot() const {
  const std::lock_guard lock(inner_->mutex);
  return inner_->last_;
}

std::string Metrics::text() const {
  auto families = inner_->registry.Collect();
  auto process = process_metrics();
  std::move(process.begin(), process.end(), std::back_inserter(families));
  const auto by_labels = [](const prometheus::ClientMetric& a, const prometheus::ClientMetric& b) {
    return a.label < b.label;
  };
  for (auto& family : families) std::sort(family.metric.begin(), family.metric.end(), by_labels);
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return out.str();
}

}  // namespace peo::metrics
