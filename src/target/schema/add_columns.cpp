#include "target/schema/add_columns.hpp"

#include <fmt/format.h>

#include "base/sql_template.hpp"
#include "schema_sql.hpp"

namespace peo::target {
namespace {

Error not_the_owner(const Table& table, const std::vector<std::string>& names) {
  return Error::permission(
      fmt::format("the table {} is to get {} (SCHEMA_DRIFT=add), and the loader's role doesn't own it",
                  table.qualified, column_names_text(names)),
      "Let its owner add the column, or make the loader's role a member of the owner's; or set "
      "SCHEMA_DRIFT=ignore.");
}

void add(Connection& connection, const std::string& relation, const std::vector<NewColumn>& columns) {
  for (const auto& [name, type] : columns)
    connection.query(
        fill(sql::add_column, {{"table", relation}, {"column", quoted_identifier(name)}, {"type", type}}));
}

std::vector<std::string> names_of(const std::vector<NewColumn>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const auto& column : columns) names.push_back(column.name);
  return names;
}

}  // namespace

std::string column_names_text(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + shortened(name);
  return fmt::format("the column{} {}", names.size() == 1 ? "" : "s", text);
}

std::string new_columns_text(const std::vector<NewColumn>& columns) {
  std::string text;
  for (const auto& [name, type] : columns)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", shortened(name), type);
  return fmt::format("the column{} {}", columns.size() == 1 ? "" : "s", text);
}

void check_new_columns(Connection& connection, const Table& table, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    const auto found = connection.query(std::string(sql::new_column), {table.qualified, name});
    // A column that a file can fill exists by now, so the session's view of the table is stale. With the
    // connection closed, open() reads it again.
    if (found.boolean(0, 2)) {
      connection.close();
      throw Error::retry(fmt::format("column {} was added to {} after its columns were read", shortened(name),
                                     table.qualified),
                         "The next attempt reads them again.");
    }
    if (found.boolean(0, 1)) {
      throw Error::bad_file(
          fmt::format(
              "the file has a column {}, which is a generated column in {} and can't be loaded from files",
              shortened(name), table.qualified),
          fmt::format("Ignore it with COLUMNS=-{}, or rename one of the two.", shortened(name)));
    }
    if (!found.boolean(0, 0)) throw not_the_owner(table, names);
  }
}

void read_added_columns(Connection& connection, const std::string& added_columns,
                        std::map<std::string, Table>& tables) {
  const auto rows = connection.query(fill(sql::added_columns, {{"added_columns", added_columns}}));
  for (int i = 0; i < rows.size(); ++i) {
    const auto table = tables.find(std::string(rows.text(i, 0)));
    if (table == tables.end()) continue;
    for (auto& column : table->second.columns) {
      if (column.name == rows.text(i, 1)) column.added_by = rows.count(i, 2);
    }
  }
}

void record_added_columns(Connection& connection, const std::string& added_columns, const Table& table,
                          const std::vector<NewColumn>& columns, std::uint64_t delivery_id) {
  for (const auto& [name, type] : columns) {
    connection.query(fill(sql::record_added_column, {{"added_columns", added_columns}}),
                     {table.name, name, std::to_string(delivery_id)});
  }
}

void add_to_table(Connection& connection, const Table& table, const std::vector<NewColumn>& columns) {
  const auto names = names_of(columns);
  // While a request for this lock waits, every new reader of the table queues behind it. So give up soon; the
  // delivery is retried later.
  connection.query("SET LOCAL lock_timeout = '2s'");
  try {
    connection.query(fmt::format("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", table.qualified));
  } catch (const Error& error) {
    // 42501 insufficient_privilege, 55P03 lock_not_available.
    if (error.sqlstate() == "42501") throw not_the_owner(table, names);
    if (error.sqlstate() != "55P03") throw;
    throw Error::retry(
        fmt::format("can't add {} to {} (SCHEMA_DRIFT=add), because another session has locked the table",
                    column_names_text(names), table.qualified),
        "Check pg_stat_activity for sessions that use the table.")
        .with_sqlstate(error.sqlstate());
  }
  connection.query("SET LOCAL lock_timeout = '5s'");  // that of the session
  // Again, now that no other session can change the table.
  check_new_columns(connection, table, names);
  add(connection, table.qualified, columns);
}

void add_to_temporary(Connection& connection, const std::string& relation,
                      const std::vector<std::string>& names) {
  std::vector<NewColumn> columns;
  columns.reserve(names.size());
  for (const auto& name : names) columns.push_back({name});
  add(connection, relation, columns);
}

void retype_temporary(Connection& connection, const std::string& relation,
                      const std::vector<NewColumn>& columns) {
  for (const auto& [name, type] : columns) {
    if (type == "text") continue;
    const auto column = quoted_identifier(name);
    // Files have bytes as hexadecimal digits, which a cast would take as the bytes themselves.
    const auto value =
        type == "bytea" ? fmt::format("decode({}, 'hex')", column) : fmt::format("{}::{}", column, type);
    connection.query(fill(sql::retype_column,
                          {{"table", relation}, {"column", column}, {"type", type}, {"value", value}}));
  }
}

}  // namespace peo::target
