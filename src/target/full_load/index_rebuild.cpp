#include "target/full_load/index_rebuild.hpp"

#include <fmt/format.h>

#include "base/sql_template.hpp"
#include "full_load_sql.hpp"
#include "schema_sql.hpp"

namespace peo::target {

IndexRebuild::IndexRebuild(const std::vector<std::string>& statements) {
  for (const auto& statement : statements) indexes_.push_back({.attach = statement});
}

bool IndexRebuild::drop(Connection& connection, const Table& table) {
  *this = {};
  const auto empty = [&] {
    return connection.query(fill(sql::is_empty, {{"table", table.qualified}})).boolean(0, 0);
  };
  // Before the lock: a table with rows must not be locked against its readers needlessly.
  if (!table.owned || table.partitioned || !empty()) return false;
  // While a request for this lock waits, every new reader queues behind it: don't wait longer than two
  // seconds.
  connection.query("SET LOCAL lock_timeout = '2s'");
  connection.query(fmt::format("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", table.qualified));
  // Again under the lock, since another session may have inserted rows.
  if (!empty()) return false;
  const auto rows = connection.query(std::string(sql::indexes), {table.qualified});
  for (int i = 0; i < rows.size(); ++i) {
    const auto text = [&](int column) { return std::string(rows.text(i, column)); };
    if (const auto why = text(4); !why.empty()) {
      retained_.push_back({.name = text(0), .why = why});
      retains_unique_ = retains_unique_ || rows.boolean(i, 5);
      continue;
    }
    connection.query(text(1));
    indexes_.push_back({.name = text(0), .create = text(2), .attach = text(3)});
  }
  connection.query("SET LOCAL lock_timeout = '5s'");  // that of the session
  return true;
}

void IndexRebuild::rebuild(Connection& connection) const {
  if (!any()) return;
  set_for_building(connection, 1);
  for (const auto& index : indexes_) {
    if (!index.create.empty()) connection.query(index.create);
    if (!index.attach.empty()) connection.query(index.attach);
  }
}

void IndexRebuild::attach(Connection& connection) const {
  set_for_building(connection, 1);  // an exclusion constraint creates its own index
  for (const auto& index : indexes_)
    if (!index.attach.empty()) connection.query(index.attach);
}

std::vector<std::string> IndexRebuild::create_statements() const {
  std::vector<std::string> statements;
  for (const auto& index : indexes_)
    if (!index.create.empty()) statements.push_back(index.create);
  return statements;
}

std::vector<std::string> IndexRebuild::statements() const {
  std::vector<std::string> statements;
  for (const auto& index : indexes_) {
    if (!index.create.empty()) {
      statements.push_back(fmt::format("DROP INDEX IF EXISTS {}", index.name));
      statements.push_back(index.create);
    }
    if (!index.attach.empty()) statements.push_back(index.attach);
  }
  return statements;
}

void set_for_building(Connection& connection, std::size_t together) {
  connection.query(std::string(sql::build_settings), {std::to_string(together)});
}

}  // namespace peo::target
