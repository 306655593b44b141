#include "target/dry_run/dry_run_session.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/log.hpp"
#include "base/sql_template.hpp"
#include "dry_run_sql.hpp"
#include "target/copy/row_copy.hpp"
#include "target/ledger/lock_wait.hpp"
#include "target/schema/add_columns.hpp"

namespace peo::target {
namespace {

// The same error, with who holds the lock. `table`: its qualified name.
Error locked(Connection& connection, const std::string& table, const Error& error) {
  const auto holder = table_lock_text(connection, table);
  if (!holder) return error;
  return Error::retry("timed out waiting for a lock on " + *holder,
                      "Wait until the blocking transaction ends, or end it with pg_terminate_backend as its "
                      "user or as a superuser. Then run it again.")
      .with_sqlstate(error.sqlstate())
      .at(error.place());
}

}  // namespace

void DryRunSession::open(const std::vector<Migration>& migrations) {
  overlays_.clear();
  planned_changes_ = {};
  connect();
  auto& connection = this->connection();
  copy_table();
  // One snapshot for everything: what a running loader commits meanwhile would be counted twice.
  connection.query(std::string(sql::begin_dry_run));
  create_temporary(connection, schema(), wanted(migrations));
  const bool seen = table_exists(connection, schema(), "loader_deliveries");
  connection.script(seen ? fill(sql::create_loader_tables, {{"schema", quoted_identifier(schema())}})
                         : std::string(sql::create_known_ledger));
  if (has_copy_) connection.script(fill(sql::verify_horizon, {{"schema", quoted_identifier(schema())}}));
  read_tables();
  read_state();
}

void DryRunSession::copy_table() {
  has_copy_ = citus() && !copy_first_.empty() && table_exists(connection(), schema(), "loader_state") &&
              table_exists(connection(), schema(), copy_first_);
  if (!has_copy_) return;
  const auto in_schema = [&](const std::string& name) {
    return quoted_identifier(schema()) + "." + quoted_identifier(name);
  };
  connection().script(
      fill(sql::verify_copy, {{"state", in_schema("loader_state")}, {"table", in_schema(copy_first_)}}));
}

// No commit empties the staging tables here. A failed delivery is rolled back to the savepoint, so that it
// leaves no trace in what is planned.
void DryRunSession::begin(const std::vector<std::string>& staging) {
  if (!staging.empty()) connection().query(fmt::format("TRUNCATE {}", fmt::join(staging, ", ")));
  connection().query("SAVEPOINT delivery");
}

void DryRunSession::commit() { connection().query("RELEASE SAVEPOINT delivery"); }

void DryRunSession::rollback() noexcept { connection().rollback("delivery"); }

// In a savepoint of its own: an error would otherwise end the whole transaction, and with it the dry run of
// the other tables.
void DryRunSession::prepare_table(const std::string& name) {
  if (overlays_.contains(name)) return;
  auto& table = tables().at(name);
  const auto base = table;
  auto& connection = this->connection();
  connection.query("SAVEPOINT overlay");
  try {
    auto overlay = create_overlay(table);
    connection.query("RELEASE SAVEPOINT overlay");
    overlays_.emplace(name, std::move(overlay));
  } catch (const Error& error) {
    connection.rollback("overlay");
    table = base;
    // 55P03 lock_not_available.
    if (error.sqlstate() != "55P03" || !connection.usable()) throw;
    throw locked(connection, base.qualified, error);
  }
}

// From here on all loads of the table go to its overlay.
DryRunSession::Overlay DryRunSession::create_overlay(Table& table) {
  Overlay overlay{.base = table};
  auto& connection = this->connection();
  const auto facts = connection.query(fill(sql::overlay_facts, {{"base", overlay.base.qualified}}),
                                      {overlay.base.qualified});
  const bool empty = facts.boolean(0, 0) || tables_as_ == Tables::Empty;
  if (const auto what = facts.text(0, 1); !what.empty() && tables_as_ == Tables::AsTheyAre) {
    planned_changes_.not_predicted.emplace(table.name, what);
    log::warning("{}: the effects of its {} are not predicted.", table.name, what);
  }
  if (!facts.boolean(0, 2)) {  // a table that create_temporary() has created is its own overlay
    // The overlay is no partitioned table.
    table.qualified = "pg_temp." + quoted_identifier(table.name);
    table.partitioned = false;
    auto touched = fmt::format("pg_temp.touched_{}", overlays_.size() + 1);
    connection.script(fill(sql::create_overlay, {{"name", quoted_identifier(table.name)},
                                                 {"base", overlay.base.qualified},
                                                 {"touched", touched},
                                                 {"key", table.key_list()}}));
    const auto drops = connection.query(std::string(sql::overlay_indexes), {table.qualified});
    for (int i = 0; i < drops.size(); ++i) connection.query(std::string(drops.text(i, 0)));
    // For an empty table there is nothing to copy, and touch() does nothing.
    if (!empty) overlay.touched = std::move(touched);
  }
  overlay.unique = unique_values(connection, overlay.base.qualified);
  return overlay;
}

void DryRunSession::touch(const Table& table, const std::string& keys) {
  const auto& overlay = overlays_.at(table.name);
  if (overlay.touched.empty()) return;
  connection().query(fill(sql::touch_rows, {{"touched", overlay.touched},
                                            {"key", table.key_list()},
                                            {"keys", keys},
                                            {"overlay", table.qualified},
                                            {"columns", overlay.base.column_list()},
                                            {"values", overlay.base.column_list("t")},
                                            {"same_key", table.same_key("k", "t")},
                                            {"base", overlay.base.qualified}}));
}

void DryRunSession::prepare_rows(const Table& projected, const std::string& staging, DeliveryKind kind) {
  auto& overlay = overlays_.at(projected.name);
  for (const auto& column : projected.columns) overlay.carried.insert(column.name);
  const auto key = projected.key_list();
  // Before the file is applied: afterwards every updated key has a row.
  // A full load updates nothing, and sorting all of its rows to see that takes long.
  if (tables_as_ == Tables::Empty && kind == DeliveryKind::Change) {
    connection().query(fill(sql::verify_doubtful, {{"staging", staging},
                                                   {"row", row_column()},
                                                   {"op", operation_column()},
                                                   {"key", projected.source_key_list()},
                                                   {"key_json", projected.key_json("first")},
                                                   {"expected", projected.qualified},
                                                   {"same_key", projected.same_source_key("e", "first")}}));
  }
  touch(projected, fill(sql::staged_keys, {{"key", key}, {"staging", staging}}));
  if (projected.wider_than_source()) {
    touch(projected,
          fill(sql::rows_of_source_keys, {{"table_key", projected.key_list("t")},
                                          {"base", overlay.base.qualified},
                                          {"source_key", projected.source_key_list()},
                                          {"staging", staging},
                                          {"same_source_key", projected.same_source_key("t", "k")}}));
  }
  for (const auto& unique : overlay.unique) {
    touch(projected, fill(sql::rows_with_staged_value, {{"key", key},
                                                        {"base", overlay.base.qualified},
                                                        {"values", unique.values},
                                                        {"same_values", unique.same_values},
                                                        {"staging", staging}}));
  }
}

void DryRunSession::prepare_all_rows(const Table& table) {
  touch(table, fmt::format("SELECT {} FROM {}", table.key_list(), overlays_.at(table.name).base.qualified));
}

std::uint64_t DryRunSession::count_rows(const Table& table) {
  const auto& overlay = overlays_.at(table.name);
  if (overlay.touched.empty()) return Session::count_rows(table);
  const auto rows =
      connection().query(fill(sql::count_planned_rows, {{"overlay", table.qualified},
                                                        {"base", overlay.base.qualified},
                                                        {"touched", overlay.touched},
                                                        {"same_key", table.same_key("k", "t")}}));
  return rows.count(0, 0);
}

// Asks for the table itself, which would be altered. Columns that earlier files have added exist only in the
// overlay.
void DryRunSession::check_new_columns(const Table& table, const std::vector<std::string>& names) {
  if (tables_as_ == Tables::Empty) return;
  Session::check_new_columns(overlays_.at(table.name).base, names);
}

// Rows count for the entity whose file they were read from, changes for the table that they went to.
void DryRunSession::loaded(const Delivery& delivery, const Outcome& outcome) {
  auto& sums = planned_changes_.by_entity[delivery.entity];
  ++sums.deliveries;
  sums.rows_read += outcome.rows_read;
  for (const auto& [entity, counts] : outcome.stats) planned_changes_.by_entity[entity].effects += counts;
  if (planned_changes_.first.size() >= PlannedChanges::most) return;
  planned_changes_.first.push_back({delivery.object.key, delivery.entity, delivery.kind, outcome.rows_read,
                                    outcome.stats, outcome.added_columns, delivery.arrival == Arrival::Late});
}

}  // namespace peo::target
