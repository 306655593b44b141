#include "target/full_load/unfinished_loads.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/sql_template.hpp"
#include "full_load_sql.hpp"

namespace peo::target {

std::string UnfinishedLoads::qualified(const std::string& table) const {
  return quoted_identifier(session_.schema()) + "." + quoted_identifier(table);
}

void UnfinishedLoads::read() {
  auto& connection = session_.connection();
  under_way_.clear();
  // The first migration has not been applied yet.
  if (!table_exists(connection, session_.schema(), "loader_full_loads")) return;
  const auto rows =
      connection.query(fill(sql::full_loads, {{"full_loads", session_.own("loader_full_loads")}}));
  std::map<std::string, std::vector<std::string>> statements;
  for (int i = 0; i < rows.size(); ++i) {
    const std::string table(rows.text(i, 0));
    statements[table].emplace_back(rows.text(i, 1));
    auto& load = under_way_[table];
    load.key = rows.text(i, 2);
    load.same_key = rows.text(i, 3);
    load.began = rows.text(i, 4);
  }
  for (const auto& [table, list] : statements) under_way_[table].indexes = IndexRebuild(list);
}

void UnfinishedLoads::begin(const Table& table, const IndexRebuild& indexes) {
  auto& connection = session_.connection();
  std::vector<std::string> key;
  for (const auto* column : table.key()) key.push_back(column->name);
  const auto row =
      connection.query(fill(sql::full_load_begun, {{"full_loads", session_.own("loader_full_loads")}}),
                       {table.name, array_of(key), array_of(indexes.statements())});
  under_way_[table.name] = {table.key_list(), table.same_key("t", "last"), std::string(row.text(0, 0)),
                            indexes};
}

void UnfinishedLoads::end(const std::string& table) {
  session_.connection().query(fill(sql::full_load_ended, {{"full_loads", session_.own("loader_full_loads")}}),
                              {table});
}

void UnfinishedLoads::lock(Connection& connection, const std::string& table) const {
  const auto held =
      connection.query(fill(sql::full_load_goes_on, {{"full_loads", session_.own("loader_full_loads")}}),
                       {table, under_way_.at(table).began});
  // Another loader has recovered the table: what this one still sends must not be committed.
  if (held.size() != 1) throw concurrent_writer_error();
}

void UnfinishedLoads::recover() {
  // A copy of the name, because recover() erases the entry.
  while (!under_way_.empty()) recover(std::string(under_way_.begin()->first));
}

void UnfinishedLoads::recover(const std::string& table) {
  auto& connection = session_.connection();
  const auto load = under_way_.at(table);
  try {
    connection.query("BEGIN");
    // No other table can be loaded before, so it waits for its locks as long as that takes.
    connection.query("SET LOCAL lock_timeout = 0");
    const auto written = connection.query(
        fill(sql::full_load_ended, {{"full_loads", session_.own("loader_full_loads")}}), {table});
    // No row: the load was rolled back before it was recorded, and the table still has its indexes.
    if (written.affected() != 0) {
      log::info("{}: a full load was interrupted; rebuilding its indexes.", table);
      delete_unrecorded(table);
      build(table, load);
    }
    session_.commit();
  } catch (...) {
    connection.rollback();
    throw;
  }
  forget(table);
}

void UnfinishedLoads::delete_unrecorded(const std::string& table) {
  auto& connection = session_.connection();
  // Recording a delivery moves last_event_id past its rows: rows above it belong to no recorded delivery.
  const auto event_id = std::to_string(session_.state().last_event_id);
  const auto may_empty =
      connection.query(fill(sql::can_truncate, {{"table", qualified(table)}}), {event_id, qualified(table)});
  if (may_empty.boolean(0, 0)) {
    // ONLY: tables that inherit from it are not the load's.
    connection.query("TRUNCATE ONLY " + qualified(table));
    return;
  }
  const auto taken =
      connection.query(fill(sql::delete_unrecorded, {{"table", qualified(table)}}), {event_id}).affected();
  if (taken != 0)
    log::info("{}: removed {} row{} of the interrupted full load.", table, taken, taken == 1 ? "" : "s");
}

// Earlier versions recorded the files of such a load in several transactions, while the table had no index:
// recorded rows may share a key.
void UnfinishedLoads::build(const std::string& table, const UnderWay& load) {
  auto& connection = session_.connection();
  const IndexRebuild indexes(load.indexes.statements());  // some of them may have been created
  // A failed CREATE INDEX aborts the transaction, which must still delete duplicates and try again.
  connection.query("SAVEPOINT build");
  try {
    indexes.rebuild(connection);
    return;
  } catch (const Error& error) {
    if (error.sqlstate() != "23505" || !connection.usable()) throw;
  }
  connection.query("ROLLBACK TO SAVEPOINT build");
  const auto taken =
      connection
          .query(fill(sql::deduplicate,
                      {{"table", qualified(table)}, {"key", load.key}, {"same_key", load.same_key}}))
          .affected();
  log::warning(
      "{}: removed {} row{} whose key occurs again in a later file of the full load; the last one is kept.",
      table, taken, taken == 1 ? "" : "s");
  indexes.rebuild(connection);
}

}  // namespace peo::target
