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
#include "target/copy/partial_key.hpp"
#include "target/copy/row_copy.hpp"
#include "target/ledger/outbox.hpp"

namespace peo::target {
namespace {

// Limits of what is in flight. It must be sent again when the connection is lost, and its messages are
// published only when all of it is committed.
constexpr std::size_t most_bytes_under_way = std::size_t{1024} * 1024;
constexpr auto longest_under_way = std::chrono::seconds(1);

// Around the statements of a pipeline. On plain PostgreSQL each is its own transaction, whose commit doesn't
// wait for the disk. On Citus all are one transaction: a commit costs round trips to the workers, must wait
// for their disks, and must be finished before anything else reads the tables (two_phase_commit.hpp).
std::vector<std::string> begin_statements(bool citus) {
  if (!citus) return {"SET synchronous_commit = off"};
  std::vector<std::string> statements{"BEGIN"};
  statements.insert(statements.end(), settings_on_workers.begin(), settings_on_workers.end());
  return statements;
}

// A row whose source key the table has under another primary key needs a removal of its own, with an event_id
// (changes/other_rows.hpp). The statement is then refused by a division by zero, and the delivery is loaded
// by another method.
std::pair<std::string, std::string> other_rows(const Table& table) {
  if (!table.wider_than_source()) return {};
  const auto row = row_column();
  const auto delivery = own_column("delivery");
  auto found = fill(sql::refused_rows, {{"row", row},
                                        {"delivery", delivery},
                                        {"table", table.qualified},
                                        {"source_key", table.source_key_list()},
                                        {"same_key", table.same_key("t", "last")},
                                        {"same_source_key", table.same_source_key("t", "last")}});
  std::string refusal;
  for (const auto* rows : {"others", "several"})
    refusal += fmt::format(" UNION ALL SELECT {0} / ({0} - {0}), {1}, NULL FROM {2}", row, delivery, rows);
  return {std::move(found), std::move(refusal)};
}

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
  // Each row's source key would be looked up by reading the table.
  const bool slow_lookup = table.wider_than_source() && !table.source_key_leads();
  return table.columns.size() <= 500 && !slow_lookup && !table.cannot_update() &&
         std::ranges::all_of(table.columns, fits);
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
  const auto others = other_rows(table);
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
                                                              {"table_key", table.key_list("t")},
                                                              {"key_json", table.key_json("gone")},
                                                              {"removals", session_.own("loader_removals")},
                                                              {"assignments", table.assignments()},
                                                              {"differs", table.differs("t", "excluded")},
                                                              {"present", table.present_rows()},
                                                              {"others", others.first},
                                                              {"refuse_others", others.second},
                                                              {"new_row", table.new_row("t")},
                                                              {"is_new", table.is_new("upserted")}}));
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
  // On Citus what fails takes all others with it.
  if (session_.citus() && alone_) return true;
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
  // Adding a column needs separate statements.
  if (batch != nullptr && !whole.missing_columns(*batch->mapping).empty()) return false;
  // Keys that change need a statement before the changes are applied (key_updates.hpp).
  const auto moved = [](const decode::ChangeRow& row) {
    return row.operation == decode::Operation::KeyUpdated;
  };
  // So do columns that a row leaves as they are (changes/unlogged_columns.hpp).
  if (batch != nullptr && (!batch->bad.empty() || batch->unlogged || std::ranges::any_of(batch->rows, moved)))
    return false;
  const auto table = batch == nullptr ? whole : whole.projected(*batch->mapping);
  // So do keys that must be looked up (changes/partial_keys.hpp).
  if (batch != nullptr) {
    const auto keys = check_keys(KeyCheck(table), *batch);
    if (keys.bad || keys.partial) return false;
  }
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
  if (pipeline_.window.alone()) {
    send_batch();
    alone_ = true;
  }
  pipeline_.window.sent();
}

void PostgresPipelinedLoads::open() {
  // Everything that may need a separate statement is prepared before the pipeline begins.
  for (const auto& [name, table] : session_.tables()) {
    if (!can_pipeline(table)) continue;
    try {
      pipeline_.statement(table);
    } catch (const Error& error) {
      // A table that was dropped or altered must not keep the others out of the pipeline: its own deliveries
      // are loaded by another method, which reports the error.
      if (!session_.connection().usable()) throw;
      log::debug("Can't prepare the statement for small deliveries into {}: {}", name, error.describe());
    }
  }
  session_.settle();
  session_.connection().pipeline_begin();
  open_ = true;
  for (const auto& statement : begin_statements(session_.citus()))
    session_.connection().pipeline_query(statement);
}

std::vector<std::string> PostgresPipelinedLoads::end_statements() const {
  if (session_.citus()) return {"COMMIT"};
  // The commit that waits for the disk makes all commits before it durable. It must write something: a
  // transaction that wrote no WAL has a commit that never waits.
  return {"RESET synchronous_commit", fmt::format("UPDATE {} SET one = one", session_.own("loader_state"))};
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

// Committed deliveries move the counters on.
void PostgresPipelinedLoads::count(const StatementBatch& batch) {
  auto& state = session_.state();
  for (const auto& part : batch.parts()) state.last_event_id += part.record.reserved;
  state.last_delivery_id = batch.parts().back().record.outcome.delivery_id;
  pipeline_.window.committed(batch.size());
}

void PostgresPipelinedLoads::failed(const StatementBatch& batch, std::size_t before, const Error& error,
                                    Result& result) {
  if (session_.citus() && before != 0) {
    // They were rolled back with it. By themselves they can be committed.
    pipeline_.window.next(before);
    return;
  }
  pipeline_.window.failed(batch.size());
  if (batch.size() == 1 || error.sqlstate() == "55P03") {
    // Only a delivery that was alone in its statement is known to be at fault. A lock that isn't granted
    // in time (55P03) concerns all of them alike.
    result.failed = error;
  } else {
    log::debug("Loading small deliveries one by one, starting at {}: {}",
               batch.parts().front().record.outcome.delivery_id, error.describe());
  }
}

// The answers of the batches; false: one was refused.
bool PostgresPipelinedLoads::read_answers(Result& result) {
  auto& connection = session_.connection();
  bool refused = false, overtaken = false;
  std::size_t before = 0;  // deliveries
  for (const auto& batch : in_flight_) {
    try {
      const auto rows = connection.pipeline_result();
      // Each statement asserts the counters that its predecessor leaves (record_deliveries.sql), so this
      // can't happen.
      if (refused) overtaken = true;
      std::ranges::move(outcomes_of(batch, rows), std::back_inserter(result.outcomes));
      if (!session_.citus()) count(batch);
    } catch (const Error& error) {
      if (!connection.connected()) throw;
      if (!refused) failed(batch, before, error, result);
      refused = true;
    }
    before += batch.size();
  }
  if (overtaken) throw Error::internal("a delivery was committed after one that failed");
  return !refused;
}

// The answers of end_statements(); false: on Citus, the COMMIT of all deliveries was refused, because of a
// deferred constraint or of a worker.
bool PostgresPipelinedLoads::read_end(Result& result) {
  auto& connection = session_.connection();
  try {
    for (std::size_t i = 0; i < end_statements().size(); ++i) connection.pipeline_result();
    return true;
  } catch (const Error& error) {
    if (!connection.connected() || !session_.citus()) throw;
    if (error.kind() == ErrorKind::Retry) {
      connection.close();
      throw;
    }
    // It names no delivery. Loaded one by one, each has its own COMMIT.
    pipeline_.window.failed(sent_);
    if (sent_ == 1) result.failed = error;
    return false;
  }
}

PipelinedLoads::Result PostgresPipelinedLoads::commit() {
  Result result;
  if (!open_) return result;
  auto& connection = session_.connection();
  send_batch();
  for (const auto& statement : end_statements()) connection.pipeline_query(statement);
  session_.commit_sent();
  for (std::size_t i = 0; i < begin_statements(session_.citus()).size(); ++i) connection.pipeline_result();
  const bool applied = read_answers(result);
  const bool committed = read_end(result);
  const bool complete = applied && committed;
  connection.pipeline_end();
  open_ = false;
  if (session_.citus() && !complete) result.outcomes.clear();
  if (session_.citus() && complete)
    std::ranges::for_each(in_flight_, [this](const auto& one) { count(one); });
  session_.commit_returned();
  if (complete) pipeline_.window.all_committed();
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  for (auto& outcome : result.outcomes) {
    outcome.apply_seconds = seconds / static_cast<double>(sent_);
    log_row_counts(outcome, true);
  }
  return result;
}

}  // namespace peo::target
