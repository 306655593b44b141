#include "target/indexes_aside.hpp"

#include <fmt/format.h>

#include "target/postgres/sql_template.hpp"
#include "target_sql.hpp"

namespace peo::target {

bool IndexesAside::put_aside(Connection& connection, const Table& table) {
  build_.clear();
  const auto empty = [&] {
    return connection.query(fill(sql::is_empty, {{"table", table.qualified}})).boolean(0, 0);
  };
  if (!table.owned || table.partitioned || !empty()) return false;
  // Whoever uses the table now goes first, for a moment; longer is not worth waiting.
  connection.query("SET LOCAL lock_timeout = '2s'");
  connection.query(fmt::format("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", table.qualified));
  if (!empty()) return false;
  const auto indexes = connection.query(std::string(sql::indexes), {table.qualified});
  for (int i = 0; i < indexes.size(); ++i) {
    const auto constraint = indexes.text(i, 1);
    if (constraint.empty()) {
      connection.query(fmt::format("DROP INDEX {}", indexes.text(i, 0)));
      build_.emplace_back(indexes.text(i, 3));
    } else {
      connection.query(fmt::format("ALTER TABLE {} DROP CONSTRAINT {}", table.qualified, constraint));
      build_.push_back(fmt::format("ALTER TABLE {} ADD CONSTRAINT {} {}", table.qualified, constraint,
                                   indexes.text(i, 2)));
    }
  }
  connection.query("SET LOCAL lock_timeout = 0");
  return true;
}

void IndexesAside::build(Connection& connection) const {
  if (build_.empty()) return;
  connection.query(std::string(sql::build_settings));
  for (const auto& statement : build_) connection.query(statement);
}

}  // namespace peo::target
