#include "target/ledger/delivery_records.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/change_message.hpp"
#include "base/log.hpp"
#include "base/sql_template.hpp"
#include "base/version.hpp"
#include "ledger_sql.hpp"
#include "target/ledger/ledger.hpp"
#include "target/ledger/outbox.hpp"
#include "target/postgres/sql_array.hpp"
#include "target/schema/add_columns.hpp"

namespace peo::target {
namespace {

std::string number(const auto& value) { return fmt::format("{}", value); }

std::string why_now(const Delivery& delivery) {
  if (delivery.request) return "replayed: " + delivery.request->reason;
  switch (delivery.arrival) {
    case Arrival::Late:
      return "late file";
    case Arrival::Rewritten:
      return fmt::format("rewritten after delivery {}", delivery.previous_id);
    case Arrival::Reload:
      return "reload that replaces the previous full load";
    case Arrival::InOrder:
    case Arrival::Superseded:
      break;
  }
  return {};
}

// The `reason` of the ledger row.
std::optional<std::string> reason_of(const DeliveryRecord& record) {
  auto text = why_now(record.delivery);
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  if (const auto& added = record.outcome.added_columns; !added.empty())
    add(new_columns_text(added) + " added to the table");
  if (const auto ignored = ignored_columns_text(record.facts)) add(*ignored);
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

void DeliveryArrays::add(const DeliveryRecord& record) {
  const auto& [delivery, outcome, facts, event_base, reserved, started_at, status, reason] = record;
  const auto& object = delivery.object;
  const std::array<Parameter, 19> values = {number(reserved),
                                            object.key,
                                            number(delivery.generation),
                                            number(delivery.revision),
                                            object.etag,
                                            facts.sha256,
                                            number(object.size),
                                            timestamp(object.last_modified),
                                            delivery.entity,
                                            to_string(delivery.kind),
                                            timestamp(delivery.name_time),
                                            number(facts.rows),
                                            number(outcome.rejected),
                                            status,
                                            reason,
                                            timestamp(started_at),
                                            number(facts.fetch_seconds),
                                            number(facts.decompress_seconds),
                                            number(facts.parse_seconds)};
  arrays_.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) add_text(arrays_[i], values[i]);
}

void DeliveryArrays::move_to(std::vector<Parameter>& parameters) {
  for (const auto& array : arrays_) parameters.emplace_back(braced(array));
  arrays_.clear();
}

std::vector<Parameter> record_parameters(const Session& session, std::uint64_t event_base,
                                         std::uint64_t delivery_id) {
  return {number(event_base),   number(delivery_id),         host_name(),
          std::string(version), std::string(change_subject), number(session.state().writer_epoch)};
}

std::string record_fragment(const Session& session, const std::string& payload,
                            const std::string& apply_seconds) {
  return fill(sql::record_deliveries, {{"payload", payload},
                                       {"apply_seconds", apply_seconds},
                                       {"state", session.own("loader_state")},
                                       {"outbox", session.own("loader_outbox")},
                                       {"ledger", session.own("loader_deliveries")}});
}

DeliveryRecords::DeliveryRecords(Session& session, std::span<const Delivery> group)
    : session_(session), next_event_base_(session.state().last_event_id) {
  auto id = session.next_delivery_id();
  for (const auto& delivery : group) {
    records_.push_back({.delivery = delivery});
    records_.back().outcome.delivery_id = id++;
  }
}

std::uint64_t DeliveryRecords::bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& record : records_) bytes += record.delivery.object.size;
  return bytes;
}

void DeliveryRecords::begin_file() {
  current().event_base = next_event_base_;
  current().started_at = now();
}

void DeliveryRecords::read(const FileStats& facts, std::uint64_t copied) {
  // A last line of defense: no row may be lost or duplicated between parser and server.
  if (copied != facts.changes)
    throw Error::internal(fmt::format("{} changes were read but {} were copied", facts.changes, copied));
  auto& file = current();
  file.facts = facts;
  // One event_id for each change, whether it has an effect or not: event_ids then follow from row numbers.
  file.reserved = facts.changes;
  file.outcome.rows_read = facts.rows;
}

bool DeliveryRecords::end_file() {
  // All that were reserved, not only those that were used: gaps are allowed, repeats are not.
  next_event_base_ += current().reserved;
  if (at_last()) return false;
  ++current_;
  return true;
}

std::vector<Outcome> DeliveryRecords::commit() {
  {
    const Timed timed(records_.back().outcome.record_seconds);
    for (auto& record : records_) record.reason = reason_of(record);
    record();
    session_.commit();
  }
  // The counters move on only after the commit: a load that fails reserves the same numbers again.
  auto& state = session_.state();
  state.last_event_id = next_event_base_;
  state.last_delivery_id = records_.back().outcome.delivery_id;
  std::vector<Outcome> outcomes;
  for (const auto& record : records_) {
    log_row_counts(record.outcome, session_.persists());
    session_.loaded(record.delivery, record.outcome);
    outcomes.push_back(record.outcome);
  }
  return outcomes;
}

void DeliveryRecords::commit_not_loaded(const std::string& status, const std::string& reason) {
  auto& one = current();
  one.started_at = now();
  one.status = status;
  one.reason = reason;
  record();
  session_.commit();
  session_.state().last_delivery_id = one.outcome.delivery_id;
}

void DeliveryRecords::record() {
  DeliveryArrays deliveries;
  std::array<std::string, 6> effects;
  const auto host = host_name();
  // A dry run puts nothing in the outbox, not even in its temporary one.
  const bool tell = session_.options().notifications && session_.persists();
  for (const auto& record : records_) {
    deliveries.add(record);
    const auto& outcome = record.outcome;
    const auto counts = sum_of(outcome.stats);
    const bool changed = outcome.max_event_id.has_value();
    add_element(effects[0], number(counts.created));
    add_element(effects[1], number(counts.amended));
    add_element(effects[2], number(counts.removed));
    add_element(effects[3], changed ? number(*outcome.max_event_id) : "NULL");
    add_element(effects[4], number(outcome.apply_seconds));
    add_text(effects[5], tell && changed
                             ? Parameter(change_message(outcome.stats, *outcome.max_event_id, now(), host))
                             : std::nullopt);
  }
  auto& connection = session_.connection();
  try {
    auto parameters =
        record_parameters(session_, session_.state().last_event_id, records_.front().outcome.delivery_id);
    deliveries.move_to(parameters);
    for (const auto& array : effects) parameters.emplace_back(braced(array));
    const auto rows = connection.query(
        fill(sql::record, {{"files", std::string(sql::deliveries)},
                           {"record", record_fragment(session_, "effects.text", "effects.seconds")}}),
        parameters);
    for (std::size_t i = 0; i < records_.size(); ++i)
      records_[i].outcome.message =
          message_of(session_, records_[i].outcome.delivery_id, rows, static_cast<int>(i));
    for (const auto& record : records_) record_tables(record);
  } catch (Error& error) {
    error.at(Step::Record);
    // 23505 unique_violation: the object is recorded already. 22012 division_by_zero: the counters are not
    // where this loader left them (record_deliveries.sql). Either way another loader has written.
    if (error.sqlstate() != "23505" && error.sqlstate() != "22012") throw;
    connection.close();  // so that everything is read again
    if (error.sqlstate() == "22012") throw concurrent_writer_error().at(Step::Record);
    throw Error::retry(error.what()).at(Step::Record);
  }
}

// The effects of a transaction file on each table, and the answer to an operator's request, committed with
// its effects.
void DeliveryRecords::record_tables(const DeliveryRecord& record) {
  const auto& [delivery, outcome, facts, event_base, reserved, started_at, status, reason] = record;
  std::string names;
  std::array<std::string, 4> counts;
  for (const auto& [entity, rows] : facts.rows_of) {
    const auto found = outcome.stats.find(entity);
    const auto changed = found == outcome.stats.end() ? RowCounts{} : found->second;
    add_text(names, entity);
    add_element(counts[0], number(rows));
    add_element(counts[1], number(changed.created));
    add_element(counts[2], number(changed.amended));
    add_element(counts[3], number(changed.removed));
  }
  if (!names.empty()) {
    session_.connection().query(
        fill(sql::record_entities, {{"entities", session_.own("loader_delivery_entities")}}),
        {number(outcome.delivery_id), timestamp(delivery.name_time.value_or(Time{})), braced(names),
         braced(counts[0]), braced(counts[1]), braced(counts[2]), braced(counts[3])});
  }
  if (delivery.request) answer_request(session_, delivery.request->id, outcome.delivery_id, status);
}

void log_row_counts(const Outcome& outcome, bool persists) {
  for (const auto& [entity, counts] : outcome.stats) {
    log::info(LogFields{.delivery = outcome.delivery_id, .entity = entity},
              "Delivery {}: {} (create: {}, amend: {}, remove: {}).", outcome.delivery_id, entity,
              counts.created, counts.amended, counts.removed);
  }
  if (persists)
    log::info(LogFields{.delivery = outcome.delivery_id}, "Delivery {}: persisted to postgres.",
              outcome.delivery_id);
}

}  // namespace peo::target
