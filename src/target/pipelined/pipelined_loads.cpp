#include "target/pipelined/pipelined_loads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/change_message.hpp"
#include "base/log.hpp"
#include "base/sql_template.hpp"
#include "ledger_sql.hpp"
#include "pipelined_sql.hpp"
#include "target/copy/field_form.hpp"
#include "target/copy/row_copy.hpp"
#include "target/ledger/outbox.hpp"

namespace peo::target {
namespace {

// Limits of what is in flight. It must be sent again when the connection is lost, and its messages are
// published only when all of it is committed.
constexpr std::size_t most_bytes_under_way = std::size_t{1024} * 1024;
constexpr auto longest_under_way = std::chrono::seconds(1);

}  // namespace

// Excluded are array columns (unnest would take an array of arrays apart into its elements), very wide tables
// (too many parameters), and keys whose type has a modifier that rounds (timestamp(3)) or whose collation
// calls different texts equal. An array's elements have neither modifier nor collation, so DISTINCT ON would
// take two keys for different ones that are equal in the table.
bool can_pipeline(const Table& table) {
  const auto fits = [](const Column& column) {
    const auto& type = column.domain_base.empty() ? column.type : column.domain_base;
    const bool rounds =
        type != column.plain_type && column.base_type != "varchar" && column.base_type != "bpchar";
    return !column.is_array && (column.key_position == 0 || (!rounds && column.deterministic));
  };
  return table.columns.size() <= 500 && !table.cannot_update() && std::ranges::all_of(table.columns, fits);
}

bool Pipeline::has_statement(const Table& projected) const {
  return statements_.contains(projected.name + ' ' + projected.column_list());
}

const std::string& Pipeline::statement(const Table& table) {
  const auto shape = table.name + ' ' + table.column_list();
  const auto found = statements_.find(shape);
  if (found != statements_.end()) return found->second;
  auto name = fmt::format("apply_batch_{}", ++prepared_);
  // After the parameters of every recording statement ($1 to $25), the entity and the message.
  std::string arrays = "$28::bigint[], $29::\"char\"[], $30::bigint[]";
  int number = 31;
  for (const auto& column : table.columns) arrays += fmt::format(", ${}::{}[]", number++, column.plain_type);
  const auto record = record_fragment(
      session_, "format($27::text, amended, created, removed, max_event_id)",
      "extract(epoch FROM clock_timestamp() - statement_timestamp())::float8 / count(*) OVER ()");
  session_.connection().prepare(name, fill(sql::apply_batch, {{"files", std::string(sql::deliveries)},
                                                              {"record", record},
                                                              {"arrays", arrays},
                                                              {"row", row_column()},
                                                              {"op", operation_column()},
                                                              {"delivery", own_column("delivery")},
                                                              {"columns", table.column_list()},
                                                              {"key", table.key_list()},
                                                              {"table", table.qualified},
                                                              {"same_key", table.same_key("t", "last")},
                                                              {"key_json", table.key_json("t")},
                                                              {"removals", session_.own("loader_removals")},
                                                              {"assignments", table.assignments()},
                                                              {"differs", table.differs("t", "excluded")},
                                                              {"is_new", table.is_new("t")}}));
  return statements_.emplace(shape, std::move(name)).first->second;
}

PostgresPipelinedLoads::PostgresPipelinedLoads(Session& session, Pipeline& pipeline)
    : session_(session),
      pipeline_(pipeline),
      next_event_base_(session.state().last_event_id),
      next_delivery_id_(session.next_delivery_id()) {}

PostgresPipelinedLoads::~PostgresPipelinedLoads() {
  if (open_) session_.connection().close();  // the state of what is in flight is unknown here
}

bool PostgresPipelinedLoads::full() const {
  return sent_ >= pipeline_.window.at_a_time() || sent_bytes_ >= most_bytes_under_way ||
         std::chrono::steady_clock::now() - began_ > longest_under_way;
}

const BatchShape& PostgresPipelinedLoads::shape_of(const Table& table) {
  const auto& name = pipeline_.statement(table);
  return shapes_.try_emplace(name, table, name).first->second;
}

bool PostgresPipelinedLoads::take(const Delivery& delivery, const decode::ChangeBatch* batch) {
  taken_.reset();
  const auto& whole = session_.tables().at(delivery.entity);
  // Adding a column needs statements of its own.
  if (batch != nullptr && !whole.missing_columns(*batch->mapping).empty()) return false;
  // Keys that change need a statement before the changes are applied (key_updates.hpp).
  const auto moved = [](const decode::ChangeRow& row) {
    return row.operation == decode::Operation::KeyUpdated;
  };
  // So do columns that a row leaves as they are (changes/unlogged_columns.hpp).
  if (batch != nullptr && (!batch->bad.empty() || batch->unlogged || std::ranges::any_of(batch->rows, moved)))
    return false;
  const auto table = batch == nullptr ? whole : whole.projected(*batch->mapping);
  // Nothing can be prepared within the pipeline: a file with other columns begins the next one.
  if (open_ && !pipeline_.has_statement(table)) return false;
  taken_.emplace(shape_of(table), delivery, next_event_base_, next_delivery_id_, batch);
  if (batch != nullptr) count_empty_texts(*batch, table, taken_->record.outcome.empty_texts);
  return true;
}

void PostgresPipelinedLoads::send(const FileStats& facts) {
  if (!open_) open();
  // Never reordered: what can't join the batch begins the next one.
  if (!batch_.takes(*taken_) || pipeline_.window.alone()) send_batch();
  const auto before = batch_.bytes();
  batch_.add(*std::exchange(taken_, std::nullopt), facts);
  ++sent_;
  sent_bytes_ += batch_.bytes() - before;
  ++next_delivery_id_;
  next_event_base_ += facts.changes;
  if (pipeline_.window.alone()) send_batch();
  pipeline_.window.sent();
}

void PostgresPipelinedLoads::open() {
  // All that may need a statement of its own is prepared before the pipeline begins.
  for (const auto& [name, table] : session_.tables()) {
    if (!can_pipeline(table)) continue;
    try {
      pipeline_.statement(table);
    } catch (const Error& error) {
      // A table that was dropped or altered must not keep the others out of the pipeline: its own deliveries
      // are loaded another way, which reports what is wrong.
      if (!session_.connection().usable()) throw;
      log::debug("{} has no statement for small deliveries: {}", name, error.describe());
    }
  }
  session_.connection().pipeline_begin();
  open_ = true;
  session_.connection().pipeline_query("SET synchronous_commit = off");
}

void PostgresPipelinedLoads::send_batch() {
  if (batch_.empty()) return;
  const auto& first = batch_.parts().front().record;
  const auto& entity = first.delivery.entity;
  auto parameters = record_parameters(session_, first.event_base, first.outcome.delivery_id);
  batch_.move_to(parameters, entity,
                 session_.options().notifications
                     ? Parameter(change_message_format(entity, now(), host_name()))
                     : std::nullopt);
  session_.connection().pipeline_send(batch_.shape().statement, parameters);
  in_flight_.push_back(std::exchange(batch_, {}));
}

std::vector<Outcome> PostgresPipelinedLoads::outcomes_of(const StatementBatch& batch,
                                                         const Rows& rows) const {
  std::vector<Outcome> outcomes;
  for (int i = 0; i < rows.size(); ++i) {
    const auto& record = batch.parts().at(static_cast<std::size_t>(i)).record;
    auto outcome = record.outcome;
    const RowCounts counts{rows.count(i, 1), rows.count(i, 2), rows.count(i, 3)};
    if (counts.any()) outcome.stats[record.delivery.entity] = counts;
    if (!rows.null(i, 4)) outcome.max_event_id = rows.count(i, 4);
    outcome.message = message_of(session_, outcome.delivery_id, rows, i);
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

PipelinedLoads::Result PostgresPipelinedLoads::commit() {
  Result result;
  if (!open_) return result;
  auto& connection = session_.connection();
  auto& state = session_.state();
  auto& pace = pipeline_.window;
  send_batch();
  // The commit that waits for the disk makes all commits before it durable. It must write something: a
  // transaction that wrote no WAL has a commit that never waits.
  connection.pipeline_query("RESET synchronous_commit");
  connection.pipeline_query(fmt::format("UPDATE {} SET one = one", session_.own("loader_state")));
  connection.pipeline_result();  // of SET synchronous_commit
  bool failed = false, overtaken = false;
  for (const auto& batch : in_flight_) {
    try {
      const auto rows = connection.pipeline_result();
      // Each statement asserts the counters that its predecessor leaves (record_deliveries.sql), so this
      // can't happen.
      if (failed) overtaken = true;
      std::ranges::move(outcomes_of(batch, rows), std::back_inserter(result.outcomes));
      for (const auto& part : batch.parts()) state.last_event_id += part.record.reserved;
      state.last_delivery_id = batch.parts().back().record.outcome.delivery_id;
      pace.committed(batch.size());
    } catch (const Error& error) {
      if (!connection.connected()) throw;
      if (failed) continue;
      failed = true;
      pace.failed(batch.size());
      if (batch.size() == 1 || error.sqlstate() == "55P03") {
        // Only a delivery that was alone in its statement is known to be at fault. A lock that isn't granted
        // in time (55P03) concerns all of them alike.
        result.failed = error;
      } else {
        log::debug("Small deliveries from {} on are loaded one by one: {}",
                   batch.parts().front().record.outcome.delivery_id, error.describe());
      }
    }
  }
  connection.pipeline_result();
  connection.pipeline_result();
  connection.pipeline_end();
  open_ = false;
  if (!failed) pace.all_committed();
  if (overtaken) throw Error::internal("a delivery went in behind one that failed");
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  for (auto& outcome : result.outcomes) {
    outcome.apply_seconds = seconds / static_cast<double>(sent_);
    log_row_counts(outcome, true);
  }
  return result;
}

}  // namespace peo::target
