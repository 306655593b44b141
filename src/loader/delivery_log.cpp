#include "loader/delivery_log.hpp"

#include <fmt/chrono.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/identifiers.hpp"
#include "base/log.hpp"

namespace peo::loader {

using std::chrono::steady_clock;

namespace {

metrics::IgnoredObject metric_of(source::Ignored reason) {
  switch (reason) {
    case source::Ignored::ControlTable:
      return metrics::IgnoredObject::ControlTable;
    case source::Ignored::UnknownTable:
      return metrics::IgnoredObject::UnknownTable;
    case source::Ignored::FolderMarker:
      return metrics::IgnoredObject::FolderMarker;
    case source::Ignored::Parquet:
      return metrics::IgnoredObject::Parquet;
    case source::Ignored::UnknownFile:
      break;
  }
  return metrics::IgnoredObject::UnknownFile;
}

}  // namespace

LogFields DeliveryLog::fields(const Delivery& delivery, std::uint64_t id) const {
  return {.delivery = id, .entity = delivery.entity, .object = source_.full_key(delivery.object.key)};
}

void DeliveryLog::started(const Delivery& delivery, std::uint64_t id) {
  // Logged once, even if it is retried.
  const auto [begun, first] = begun_.try_emplace(delivery.object.key, id);
  if (!first && begun->second == id) return;
  begun->second = id;
  log::info(fields(delivery, id), "Delivery {}: process_{} {}.", id, delivery.schema,
            source_.full_key(delivery.object.key));
}

void DeliveryLog::persisted(const Committed& committed) {
  for (std::size_t i = 0; i < committed.deliveries.size(); ++i) {
    const auto& delivery = committed.deliveries[i];
    const auto& outcome = committed.results[i].outcome;
    begun_.erase(delivery.object.key);
    log::info(fields(delivery, outcome.delivery_id), "Delivery {}: {} {}.", outcome.delivery_id,
              persists_ ? "persisted" : "dry run, would persist", to_json(outcome.stats));
    log_columns(delivery, committed.results[i]);
    log_absent_columns(delivery, committed.results[i]);
    log_empty_texts(delivery, committed.results[i]);
  }
}

void DeliveryLog::processed(const Committed& committed, double notify_seconds) {
  // Deliveries of one transaction share its time equally: the time of each of them is unknown.
  const auto each = (steady_clock::now() - committed.began) / committed.deliveries.size();
  for (std::size_t i = 0; i < committed.deliveries.size(); ++i)
    count(committed.deliveries[i], committed.results[i], each, notify_seconds);
}

// Otherwise a NULL of the source would be replaced silently.
void DeliveryLog::log_empty_texts(const Delivery& delivery, const LoadResult& loaded) const {
  for (const auto& [column, count] : loaded.outcome.empty_texts) {
    log::info(
        fields(delivery, loaded.outcome.delivery_id),
        "Delivery {}: {} empty field{} of {} {} stored as the empty string, because the column is NOT NULL.",
        loaded.outcome.delivery_id, count, count == 1 ? "" : "s", shortened(column),
        count == 1 ? "is" : "are");
  }
}

// SCHEMA_DRIFT: columns that the table lacked.
void DeliveryLog::log_columns(const Delivery& delivery, const LoadResult& loaded) {
  const auto& added = loaded.outcome.added_columns;
  std::string names;
  for (const auto& [name, type] : added)
    names += fmt::format("{}{} {}", names.empty() ? "" : ", ", shortened(name), type);
  if (!added.empty()) {
    metrics_.count_policy(delivery.entity, metrics::Policy::ColumnsAdded);
    log::warning(fields(delivery, loaded.outcome.delivery_id),
                 "Delivery {}: {} to {}, nullable (SCHEMA_DRIFT=add): {}.", loaded.outcome.delivery_id,
                 persists_ ? "columns added" : "columns to be added", delivery.entity, names);
  }
  if (const auto left_out = ignored_columns_text(loaded.facts)) {
    metrics_.count_policy(delivery.entity, metrics::Policy::ColumnsIgnored);
    if (log_once_.first_time(delivery.entity + ' ' + *left_out))
      log::warning(fields(delivery, loaded.outcome.delivery_id),
                   "{}: its files have columns that the table lacks; {} (SCHEMA_DRIFT=ignore).",
                   delivery.entity, *left_out);
  }
}

// Logged once, and again after a column has reappeared and disappeared. A file that arrives late, or is
// loaded again, doesn't tell which columns the following files have.
void DeliveryLog::log_absent_columns(const Delivery& delivery, const LoadResult& loaded) {
  const bool in_order = delivery.arrival == Arrival::InOrder || delivery.arrival == Arrival::Reload;
  if (!loaded.facts.absent_columns || !in_order || delivery.request) return;
  const std::set<std::string> now(loaded.facts.absent_columns->begin(), loaded.facts.absent_columns->end());
  const auto [known, first] = absent_columns_.try_emplace(delivery.entity);
  const auto before = std::exchange(known->second, now);
  const auto about = fields(delivery, loaded.outcome.delivery_id);
  const auto only_in = [](const auto& some, const auto& others) {
    std::vector<std::string> names;
    std::ranges::set_difference(some, others, std::back_inserter(names));
    return names;
  };
  const auto words = [&](const std::vector<std::string>& names) {
    return fmt::format("the column{} {}, starting with {}", names.size() == 1 ? "" : "s",
                       fmt::join(names, ", "), shortened(delivery.object.key, 300));
  };
  if (const auto gone = only_in(now, before); !gone.empty()) {
    const auto text = fmt::format(
        "{}: its files {} {}. Existing rows keep their values there, and new rows get the default.",
        delivery.entity, first ? "lack" : "no longer have", words(gone));
    first ? log::info(about, "{}", text) : log::warning(about, "{}", text);
  }
  if (const auto back = only_in(before, now); !back.empty())
    log::info(about, "{}: its files again have {}.", delivery.entity, words(back));
}

void DeliveryLog::count(const Delivery& delivery, const LoadResult& loaded, steady_clock::duration elapsed,
                        double notify_seconds) {
  const auto& outcome = loaded.outcome;
  log_ignored_rows(delivery, loaded.facts);
  // Rows count for the entity of their file, changes for the table to which they were applied.
  auto& total = totals_[delivery.entity];
  ++total.deliveries;
  total.rows += outcome.rows_read;
  total.rejected += outcome.rejected;
  for (const auto& [entity, effects] : outcome.stats) totals_[entity].effects += effects;
  metrics::DeliveryDone facts;
  facts.delivery_id = outcome.delivery_id;
  facts.entity = delivery.entity;
  facts.kind = delivery.kind;
  facts.written = delivery.object.last_modified;
  facts.effects = outcome.stats;
  facts.rows_read = outcome.rows_read;
  facts.rejected = outcome.rejected;
  for (const auto& [table, rows] : loaded.facts.ignored_rows) facts.ignored_rows += rows;
  facts.source_bytes = loaded.facts.fetched_bytes;
  facts.uncompressed_bytes = loaded.facts.decompressed_bytes;
  const auto seconds = [&](Step step) -> double& {
    return facts.step_seconds.at(static_cast<std::size_t>(step));
  };
  seconds(Step::Fetch) = loaded.facts.fetch_seconds;
  seconds(Step::Decompress) = loaded.facts.decompress_seconds;
  seconds(Step::Parse) = loaded.facts.parse_seconds;
  seconds(Step::Apply) = outcome.apply_seconds;
  seconds(Step::Record) = outcome.record_seconds;
  seconds(Step::Notify) = notify_seconds;
  facts.seconds = std::chrono::duration<double>(elapsed).count();
  metrics_.delivery_done(facts);
  metrics_.poll_completed();
  const auto whole = std::chrono::floor<std::chrono::microseconds>(elapsed);
  const std::chrono::hh_mm_ss clock(whole);
  log::info(fields(delivery, outcome.delivery_id), "Delivery {}: processed ({}:{:02}:{:02}.{:06} seconds).",
            outcome.delivery_id, clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
            clock.subseconds().count());
}

void DeliveryLog::log_ignored_rows(const Delivery& delivery, const FileStats& facts) {
  for (const auto& [table, rows] : facts.ignored_rows) {
    if (!log_once_.first_time(table)) continue;
    std::vector<std::string> names;
    SourceTables sources;
    for (const auto& one : *delivery.tables) {
      names.push_back(one.table);
      if (one.source) sources.emplace(one.table, *one.source);
    }
    const auto point = std::min(table.find_last_of('.'), table.size());
    const bool known =
        TableNames(std::move(names), sources)
            .find(table.substr(0, point), table.substr(std::min(point + 1, table.size()))) != nullptr;
    log::info(fields(delivery, 0), "Ignoring rows of {} in {}: {}.", table,
              source_.full_key(delivery.object.key),
              known ? "they are older than its rewritten full load"
                    : "the target has no such table. Once it exists, reload it in full");
  }
}

void DeliveryLog::failed(const Delivery& delivery, const Error& error) const {
  metrics_.delivery_not_loaded(
      delivery.entity, delivery.kind,
      error.kind() == ErrorKind::BadDelivery ? metrics::NotLoaded::Rejected : metrics::NotLoaded::Failed);
}

void DeliveryLog::quarantined(const Delivery& delivery, std::uint64_t id, const Error& error) {
  metrics_.count_policy(delivery.entity, metrics::Policy::Quarantined);
  begun_.erase(delivery.object.key);
  auto text = error.text()
                  .of(delivery.entity)
                  .after(fmt::format("Delivery {}: quarantined (BAD_ROWS=quarantine_delivery): ", id));
  text.fields.delivery = id;
  log::warning(text);
}

void DeliveryLog::policy_applied(const Delivery& delivery, metrics::Policy policy, std::uint64_t id,
                                 const std::string& words) {
  metrics_.count_policy(delivery.entity, policy);
  const auto name = id != 0 ? fmt::format("Delivery {}", id) : source_.full_key(delivery.object.key);
  log::info(fields(delivery, id), "{}: {}.", name, words);
}

void DeliveryLog::found(const source::Discovered& found) {
  if (found.all) {
    oldest_waiting_.clear();
    // A table that was dropped, or whose prefix was removed, has no waiting files.
    for (const auto& [entity, before] : metrics_.snapshot().backlog) {
      if (!found.backlog.contains(entity)) metrics_.set_backlog(entity, 0, 0);
    }
  }
  for (const auto& [entity, backlog] : found.backlog) {
    metrics_.set_backlog(entity, backlog.files, backlog.bytes);
    oldest_waiting_.erase(entity);
    if (backlog.oldest) oldest_waiting_[entity] = *backlog.oldest;
  }
  std::optional<Time> oldest;
  for (const auto& [entity, time] : oldest_waiting_) oldest = std::min(oldest.value_or(time), time);
  metrics_.set_oldest_waiting(oldest);
  if (!found.all) {  // a partial listing doesn't find everything that is ignored
    if (!found.backlog.empty()) metrics_.poll_done();
    return;
  }
  for (const auto reason : {metrics::IgnoredObject::ControlTable, metrics::IgnoredObject::UnknownFile,
                            metrics::IgnoredObject::UnknownTable, metrics::IgnoredObject::FolderMarker,
                            metrics::IgnoredObject::Parquet}) {
    // A reason that no longer occurs must fall to 0.
    metrics_.set_ignored_objects(reason, 0);
  }
  for (const auto& [reason, count] : found.ignored) metrics_.set_ignored_objects(metric_of(reason), count);
  if (const auto text = source::unmatched_text(found.unmatched); !text.empty() && log_once_.first_time(text))
    log::warning("{}; ignoring the files there. {}", text, source::unmatched_hint);
  if (const auto text = text_of(found.parquet); !text.empty() && log_once_.first_time(found.parquet.why))
    log::warning("{}. {}", text, no_parquet_hint);
  metrics_.poll_done();
}

void DeliveryLog::log_summary() const {
  const auto seconds = std::chrono::duration<double>(steady_clock::now() - began_).count();
  if (totals_.empty()) {
    log::info("No new files in {}.", source_.describe());
    return;
  }
  Total all;
  for (const auto& [entity, total] : totals_) {
    log::info("Summary: {}: {} {} read in {} {} (create: {}, amend: {}, remove: {}).", entity, total.rows,
              total.rows == 1 ? "row" : "rows", total.deliveries,
              total.deliveries == 1 ? "delivery" : "deliveries", total.effects.created, total.effects.amended,
              total.effects.removed);
    if (total.rejected != 0)
      log::warning("Summary: {}: {} {} rejected; see loader_rejects.", entity, total.rejected,
                   total.rejected == 1 ? "row was" : "rows were");
    all.deliveries += total.deliveries;
    all.rows += total.rows;
  }
  log::info("Summary: {}{} {}, {} {} in {:.1f} seconds ({:.0f} rows/s).", persists_ ? "" : "dry run, ",
            all.deliveries, all.deliveries == 1 ? "delivery" : "deliveries", all.rows,
            all.rows == 1 ? "row" : "rows", seconds, static_cast<double>(all.rows) / std::max(seconds, 1e-6));
}

}  // namespace peo::loader
