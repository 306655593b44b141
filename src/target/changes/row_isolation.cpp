#include "target/changes/row_isolation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/hexadecimal.hpp"
#include "changes_sql.hpp"
#include "target/postgres/sql_template.hpp"

namespace peo::target {
namespace {

bool one_row(const decode::ChangeBatch& batch, std::size_t a, std::size_t b) {
  return batch.rows[a].begin == batch.rows[b].begin;
}

}  // namespace

void begin_row_positions(Connection& connection) {
  connection.script(fill(sql::create_row_positions, {{"row", row_column()}}));
}

IsolatingCopy::IsolatingCopy(Connection& connection, const Table& table, const std::string& into,
                             RejectedRows& rejected)
    : connection_(connection),
      table_(table),
      into_(into_staging(table, into)),
      rejected_(rejected),
      format_(text_copy(table, {})) {}

void IsolatingCopy::add(const decode::ChangeBatch& batch) {
  for (const auto& row : batch.bad) rejected_.add(row);
  rows_ += batch.rows.size();
  std::size_t from = 0;
  while (from < batch.rows.size()) {
    // A refused COPY aborts the transaction: the savepoint keeps the batches before it. Per batch and not per
    // row, because most batches have no bad row.
    connection_.query("SAVEPOINT batch");
    try {
      send(batch, from, batch.rows.size());
      connection_.query("RELEASE SAVEPOINT batch");
      break;
    } catch (const CopyRefused& error) {
      if (!rejected_.accepts(error) || error.row() == 0 || from + error.row() > batch.rows.size()) throw;
      connection_.query("ROLLBACK TO SAVEPOINT batch");
      // The COPY's earlier rows are gone with it, so they are sent again; what follows the bad row is tried
      // next. A row whose key changes is two changes, which are rejected together.
      const auto refused = from + error.row() - 1;
      auto first = refused;
      auto next = first + 1;
      if (next < batch.rows.size() && one_row(batch, first, next)) ++next;
      if (first > from && one_row(batch, first, first - 1)) --first;
      send(batch, from, first);
      reject(batch, refused, error);
      from = next;
    }
  }
  send_places(batch);
}

void IsolatingCopy::send(const decode::ChangeBatch& batch, std::size_t first, std::size_t last) {
  if (first == last) return;
  connection_.copy_begin(fmt::format("COPY {} FROM STDIN", into_));
  connection_.copy_data(format_->rows(batch, first, last));
  connection_.copy_end();
}

// Of all rows of the batch; positions of rows that were rejected are never looked up.
void IsolatingCopy::send_places(const decode::ChangeBatch& batch) {
  std::string text;
  for (std::size_t row = 0; row < batch.rows.size(); ++row) {
    const auto& change = batch.rows[row];
    fmt::format_to(std::back_inserter(text), "{}\t{}\t{}\t\\\\x", change.number, change.line,
                   batch.offset_of(row));
    append_hexadecimal(raw_row(batch, row), text);
    text += '\n';
  }
  connection_.copy_begin("COPY pg_temp.row_positions FROM STDIN");
  connection_.copy_data(text);
  connection_.copy_end();
}

void IsolatingCopy::reject(const decode::ChangeBatch& batch, std::size_t row, const Error& error) {
  decode::BadRow bad{.line = batch.rows[row].line,
                     .byte_offset = batch.offset_of(row),
                     .column = error.place().column,
                     .reason = error.what(),
                     .sqlstate = error.sqlstate(),
                     .raw = raw_row(batch, row)};
  const auto& columns = table_.columns;
  const auto column =
      std::find_if(columns.begin(), columns.end(), [&](const Column& one) { return one.name == bad.column; });
  if (column != columns.end())
    bad.value = shortened(batch.text(batch.row_fields(row)[column - columns.begin()]));
  rejected_.add(bad);
}

Applied IsolatingApply::run() {
  Applied applied;
  while (!try_all(applied)) {
    for (const auto& bad : bad_) reject(bad);
  }
  return applied;
}

// False: bad rows were found, and nothing is applied.
bool IsolatingApply::try_all(Applied& applied) {
  bad_.clear();
  applied = {};
  connection_.query("SAVEPOINT all_rows");
  try {
    // All at once first: usually no row violates a constraint, and this is then the only statement.
    if (work_.prepare) work_.prepare();
    applied = work_.apply(staging_);
    connection_.query("RELEASE SAVEPOINT all_rows");
    return true;
  } catch (const Error& error) {
    if (!rejected_.accepts(error)) throw;
  }
  connection_.query("ROLLBACK TO SAVEPOINT all_rows");
  // The rollback has undone this. Only the last row for each key is tried: a row that a later one replaces
  // can't violate anything.
  if (work_.prepare) work_.prepare();
  connection_.query(
      fill(sql::last_rows, {{"staging", staging_}, {"key", table_.key_list()}, {"row", row_column()}}));
  const auto range =
      connection_.query(fmt::format("SELECT min({0}), max({0}) FROM pg_temp.last_rows", row_column()));
  applied = {};
  find_bad(range.number(0, 0), range.number(0, 1), applied);
  // No single row failed: the rows can't be applied all at once, but half by half, as they now are.
  if (bad_.empty()) {
    connection_.query("DROP TABLE pg_temp.last_rows");
    connection_.query("RELEASE SAVEPOINT all_rows");
    return true;
  }
  // Nothing is kept of the halves that succeeded: without the bad row, an earlier row of the same key becomes
  // the last one, so everything is applied again.
  connection_.query("ROLLBACK TO SAVEPOINT all_rows");
  connection_.query("RELEASE SAVEPOINT all_rows");
  return false;
}

void IsolatingApply::find_bad(std::int64_t first, std::int64_t last, Applied& applied) {
  // Already more than MAX_BAD_ROWS: the delivery fails anyway.
  if (bad_.size() > rejected_.remaining()) return;
  connection_.query("SAVEPOINT some_rows");
  try {
    const auto some = work_.apply(fmt::format(
        "(SELECT * FROM pg_temp.last_rows WHERE {} BETWEEN {} AND {}) AS s", row_column(), first, last));
    applied.effects += some.effects;
    if (some.max_event_id)
      applied.max_event_id = std::max(applied.max_event_id.value_or(0), *some.max_event_id);
    connection_.query("RELEASE SAVEPOINT some_rows");
    return;
  } catch (const Error& error) {
    if (!rejected_.accepts(error)) throw;
    connection_.query("ROLLBACK TO SAVEPOINT some_rows");
    // The rollback keeps the savepoint; without a release they would nest with each step.
    connection_.query("RELEASE SAVEPOINT some_rows");
    if (first == last) {
      bad_.push_back({first, error});
      return;
    }
  }
  const auto middle = first + (last - first) / 2;
  find_bad(first, middle, applied);
  find_bad(middle + 1, last, applied);
}

void IsolatingApply::reject(const Bad& bad) {
  const auto& columns = table_.columns;
  const auto& column = bad.error.place().column;
  const bool named =
      std::any_of(columns.begin(), columns.end(), [&](const auto& one) { return one.name == column; });
  const auto rows = connection_.query(
      fill(sql::delete_row, {{"staging", staging_},
                             {"row", row_column()},
                             {"value", named ? "i." + quoted_identifier(column) + "::text" : "NULL::text"}}),
      {std::to_string(bad.row)});
  // A row whose key changes is two changes: the other one was rejected, and this one with it.
  if (rows.size() == 0) return;
  decode::BadRow row{.line = rows.count(0, 0),
                     .byte_offset = rows.count(0, 1),
                     .column = named ? column : "",
                     .value = shortened(rows.text(0, 3)),
                     .reason = bad.error.what(),
                     .sqlstate = bad.error.sqlstate()};
  for (auto hex = rows.text(0, 2); hex.size() >= 2; hex.remove_prefix(2))
    row.raw += static_cast<char>(std::stoi(std::string(hex.substr(0, 2)), nullptr, 16));
  rejected_.add(row);
}

}  // namespace peo::target
