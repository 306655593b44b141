#include "target/changes/partial_keys.hpp"

#include <fmt/format.h>

#include "base/sql_template.hpp"
#include "changes_sql.hpp"
#include "target/copy/row_copy.hpp"

namespace peo::target {
namespace {

Error not_found(const Table& table, const Column& column, bool several) {
  return Error::bad_delivery(fmt::format("the change has no value for {}, a column of the primary key, and "
                                         "{} of {} {} its source key",
                                         shortened(column.name), several ? "several rows" : "no row",
                                         table.name, several ? "have" : "has"),
                             several ? "Delete the rows that don't exist in the source."
                                     : "Load the row again with all of its columns.")
      .with_sqlstate("22004")  // null_value_not_allowed
      .at({.column = column.name});
}

}  // namespace

std::vector<RefusedChange> complete_keys(Connection& connection, const Table& table,
                                         const std::string& staging, std::size_t most) {
  std::string partial, assignments;
  const Column* first = nullptr;
  for (const auto* column : table.key()) {
    if (column->identifies) continue;
    if (first == nullptr) first = column;
    const auto name = quoted_identifier(column->name);
    partial += fmt::format("{}{} IS NULL", partial.empty() ? "" : " OR ", name);
    assignments += fmt::format("{0}{1} = f.{1}", assignments.empty() ? "" : ", ", name);
  }
  // As in other_rows.cpp.
  if (!table.source_key_leads()) connection.query("SET LOCAL enable_hashjoin = on");
  connection.script(fill(sql::keys_found, {{"staging", staging},
                                           {"table", table.qualified},
                                           {"table_key", table.key_list("t")},
                                           {"source_key", table.source_key_list()},
                                           {"partial", partial},
                                           {"same_in_table", table.same_source_key("t", "k")}}));
  // Temporary tables have no index, and session.sql has disabled hash joins: 10,000 rows would take seconds.
  connection.query("SET LOCAL enable_hashjoin = on");
  connection.script(fill(sql::complete_keys, {{"staging", staging},
                                              {"row", row_column()},
                                              {"op", operation_column()},
                                              {"key", table.key_list()},
                                              {"source_key", table.source_key_list()},
                                              {"partial", partial},
                                              {"assignments", assignments},
                                              {"same_nearest", table.same_source_key("f", "n")},
                                              {"same_found", table.same_source_key("k", "s")}}));
  const auto rows =
      connection.query(fill(sql::incomplete_keys, {{"staging", staging},
                                                   {"row", row_column()},
                                                   {"partial", partial},
                                                   {"same_found", table.same_source_key("k", "s")}}),
                       {std::to_string(most)});
  connection.query("SET LOCAL enable_hashjoin = off");
  std::vector<RefusedChange> refused;
  refused.reserve(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i)
    refused.push_back({rows.number(i, 0), not_found(table, *first, rows.boolean(i, 1))});
  return refused;
}

}  // namespace peo::target
