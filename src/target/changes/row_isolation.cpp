#include "target/changes/row_isolation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

#include "base/hexadecimal.hpp"
#include "base/sql_template.hpp"
#include "changes_sql.hpp"
#include "target/schema/unique_values.hpp"
#include "target/schema/wider_type.hpp"

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
      into_(into_staging(table, into, Format::Text)),
      rejected_(rejected),
      keys_(table),
      format_(text_copy(table, {})) {}

void IsolatingCopy::add(const decode::ChangeBatch& batch) {
  for (const auto& row : batch.bad) rejected_.add(row);
  rows_ += batch.rows.size();
  std::size_t first = 0;
  for (std::size_t row = 0; row < batch.rows.size(); ++row) {
    if (keys_.check(batch, row) != KeyCheck::Found::Bad) continue;
    copy(batch, first, row);
    reject(batch, row, keys_.error(batch, row));
    // A row whose key changes is two changes, of which the first has the old key.
    first = row + 1 < batch.rows.size() && one_row(batch, row, row + 1) ? row + 2 : row + 1;
    row = first - 1;
  }
  copy(batch, first, batch.rows.size());
  send_positions(batch);
}

void IsolatingCopy::copy(const decode::ChangeBatch& batch, std::size_t first, std::size_t last) {
  while (first < last) {
    // A refused COPY aborts the transaction: the savepoint keeps what was copied before it. Per batch and not
    // per row, because most batches have no bad row.
    connection_.query("SAVEPOINT batch");
    std::optional<Error> refused;
    std::uint64_t named = 0;
    try {
      send(batch, first, last);
    } catch (const CopyRefused& error) {
      refused = error;
      named = error.row();
    } catch (const Error& error) {
      refused = error;
    }
    if (refused && !RejectedRows::accepts(*refused)) throw Error(*refused);
    if (refused) connection_.query("ROLLBACK TO SAVEPOINT batch");
    connection_.query("RELEASE SAVEPOINT batch");
    if (!refused) return;
    // A row whose key changes is two changes, which are rejected together.
    const auto begin_of = [&](std::size_t row) {
      return row > first && one_row(batch, row, row - 1) ? row - 1 : row;
    };
    const auto end_of = [&](std::size_t row) {
      return row + 1 < last && one_row(batch, row, row + 1) ? row + 2 : row + 1;
    };
    const bool known = named >= 1 && named <= last - first;
    if (!known && end_of(first) != last) {
      // The server doesn't report which row it was, so try the halves.
      auto middle = begin_of(first + (last - first) / 2);
      if (middle == first) middle = end_of(first);
      copy(batch, first, middle);
      first = middle;
      continue;
    }
    // The COPY's earlier rows were rolled back with it, so send them again; then try the rows after the bad
    // one.
    const auto row = known ? first + named - 1 : first;
    const auto next = end_of(row);
    copy(batch, first, begin_of(row));
    reject(batch, row, *refused);
    first = next;
  }
}

void IsolatingCopy::send(const decode::ChangeBatch& batch, std::size_t first, std::size_t last) {
  if (first == last) return;
  connection_.copy_begin(fmt::format("COPY {} FROM STDIN", into_));
  connection_.copy_data(format_->rows(batch, first, last));
  connection_.copy_end();
}

// Sends the positions of all rows of the batch; those of rejected rows are never used.
void IsolatingCopy::send_positions(const decode::ChangeBatch& batch) {
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
  if (bad.column.empty()) bad.column = column_not_in_encoding(batch, row);
  const auto& columns = table_.columns;
  const auto column =
      std::find_if(columns.begin(), columns.end(), [&](const Column& one) { return one.name == bad.column; });
  if (column != columns.end()) {
    const auto value = batch.text(batch.row_fields(row)[column - columns.begin()]);
    bad.value = shortened(value);
    bad.advice = widening_hint(table_, bad.column, bad.sqlstate, value);
  }
  rejected_.add(bad);
}

// A COPY is converted to the database's encoding as a whole, so the server can't report which value is
// invalid.
std::string IsolatingCopy::column_not_in_encoding(const decode::ChangeBatch& batch, std::size_t row) {
  if (connection_.is_utf8()) return {};
  for (std::size_t k = 0; k < batch.width; ++k) {
    connection_.query("SAVEPOINT field");
    try {
      connection_.query("SELECT $1::text", {std::string(batch.text(batch.row_fields(row)[k]))});
      connection_.query("RELEASE SAVEPOINT field");
    } catch (const Error& error) {
      if (!RejectedRows::accepts(error)) throw;
      connection_.query("ROLLBACK TO SAVEPOINT field");
      connection_.query("RELEASE SAVEPOINT field");
      return table_.columns[k].name;
    }
  }
  return {};
}

Applied IsolatingApply::run() {
  Applied applied;
  while (!try_all(applied)) {
    // What the server refuses may be a delete that isn't in the file (other_rows.hpp): no row can be
    // rejected.
    if (std::ranges::count_if(bad_, [this](const auto& bad) { return reject(bad); }) == 0)
      throw Error(bad_.front().error);
  }
  return applied;
}

// False: bad rows were found, and nothing is applied.
bool IsolatingApply::try_all(Applied& applied) {
  bad_.clear();
  conflicting_.clear();
  applied = {};
  const auto give_up = [&] {
    // Nothing is kept of what succeeded: without the bad row, an earlier row of the same key becomes the last
    // one, so everything is applied again.
    connection_.query("ROLLBACK TO SAVEPOINT all_rows");
    connection_.query("RELEASE SAVEPOINT all_rows");
    return false;
  };
  std::optional<Error> refused;
  connection_.query("SAVEPOINT all_rows");
  try {
    bad_ = work_.prepare();
    if (!bad_.empty()) return give_up();
    // All at once first: usually no row violates a constraint, and this is then the only statement.
    applied = work_.apply(staging_);
    connection_.query("RELEASE SAVEPOINT all_rows");
    return true;
  } catch (const Error& error) {
    if (!RejectedRows::accepts(error)) throw;
    refused = error;
  }
  connection_.query("ROLLBACK TO SAVEPOINT all_rows");
  // The rollback has undone this. Only the last row for each key is tried: a row that a later one replaces
  // can't violate anything.
  work_.prepare();
  connection_.query(
      fill(sql::last_rows, {{"staging", staging_}, {"key", table_.key_list()}, {"row", row_column()}}));
  if (violates_uniqueness(*refused)) {
    find_conflicts(*refused);
    if (!bad_.empty()) return give_up();
  }
  const auto range =
      connection_.query(fmt::format("SELECT min({0}), max({0}) FROM pg_temp.last_rows", row_column()));
  applied = {};
  find_bad(range.number(0, 0), range.number(0, 1), applied);
  // Rows that only conflict may go together, without the bad ones.
  if (bad_.empty()) bad_ = std::move(conflicting_);
  if (!bad_.empty()) return give_up();
  // No single row failed: the rows can't be applied all at once, but half by half, as they now are.
  connection_.query("DROP TABLE pg_temp.last_rows");
  connection_.query("RELEASE SAVEPOINT all_rows");
  return true;
}

void IsolatingApply::find_conflicts(const Error& error) {
  std::set<std::int64_t> found;
  connection_.query("SET LOCAL enable_hashjoin = on");
  for (const auto& unique : unique_values(connection_, table_.qualified)) {
    const auto rows = connection_.script(fill(sql::conflicting_rows, {{"row", row_column()},
                                                                      {"op", operation_column()},
                                                                      {"key", table_.key_list()},
                                                                      {"values", unique.values},
                                                                      {"same_values", unique.same_values},
                                                                      {"same_key", table_.same_key("k", "t")},
                                                                      {"table", table_.qualified}}));
    for (int i = 0; i < rows.size(); ++i) found.insert(rows.number(i, 0));
  }
  connection_.query("SET LOCAL enable_hashjoin = off");
  for (const auto row : found) bad_.push_back({row, error});
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
    if (!RejectedRows::accepts(error)) throw;
    connection_.query("ROLLBACK TO SAVEPOINT some_rows");
    // The rollback keeps the savepoint; without a release they would nest with each step.
    connection_.query("RELEASE SAVEPOINT some_rows");
    if (first == last) {
      (violates_uniqueness(error) ? conflicting_ : bad_).push_back({first, error});
      return;
    }
  }
  const auto middle = first + (last - first) / 2;
  find_bad(first, middle, applied);
  find_bad(middle + 1, last, applied);
}

bool IsolatingApply::reject(const RefusedChange& bad) {
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
  if (rows.size() == 0) return false;
  decode::BadRow row{
      .line = rows.count(0, 0),
      .byte_offset = rows.count(0, 1),
      .column = named ? column : "",
      .value = shortened(rows.text(0, 3)),
      .reason = bad.error.what(),
      .advice = named ? widening_hint(table_, column, bad.error.sqlstate(), rows.text(0, 3)) : "",
      .sqlstate = bad.error.sqlstate()};
  for (auto hex = rows.text(0, 2); hex.size() >= 2; hex.remove_prefix(2))
    row.raw += static_cast<char>(std::stoi(std::string(hex.substr(0, 2)), nullptr, 16));
  rejected_.add(row);
  return true;
}

}  // namespace peo::target
