#include "target/changes/other_rows.hpp"

#include "base/sql_template.hpp"
#include "changes_sql.hpp"
#include "target/copy/row_copy.hpp"

namespace peo::target {

std::uint64_t remove_other_rows(Connection& connection, const Table& table, const std::string& staging,
                                std::uint64_t last) {
  const auto table_key = table.key_list("t");
  const auto same_key = table.same_key("t", "last");
  const auto same_source_key = table.same_source_key("t", "last");
  // Where no index finds rows by the source's key, the table is read once, and not once per row.
  if (!table.source_key_leads()) connection.query("SET LOCAL enable_hashjoin = on");
  connection.script(fill(sql::other_rows, {{"table", table.qualified},
                                           {"table_key", table_key},
                                           {"staging", staging},
                                           {"row", row_column()},
                                           {"op", operation_column()},
                                           {"key", table.key_list()},
                                           {"source_key", table.source_key_list()},
                                           {"same_key", same_key},
                                           {"same_source_key", same_source_key}}));
  // Temporary tables have no index, and session.sql has disabled hash joins: 10,000 rows would take seconds.
  connection.query("SET LOCAL enable_hashjoin = on");
  const auto added = connection
                         .query(fill(sql::remove_other_rows, {{"table_key", table_key},
                                                              {"staging", staging},
                                                              {"row", row_column()},
                                                              {"op", operation_column()},
                                                              {"key", table.key_list()},
                                                              {"same_key", same_key},
                                                              {"same_source_key", same_source_key}}),
                                {std::to_string(last)})
                         .count(0, 0);
  connection.query("SET LOCAL enable_hashjoin = off");
  return added;
}

}  // namespace peo::target
