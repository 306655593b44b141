#include "target/changes/other_rows.hpp"

#include "base/sql_template.hpp"
#include "changes_sql.hpp"
#include "target/copy/row_copy.hpp"

namespace peo::target {

std::uint64_t remove_other_rows(Connection& connection, const Table& table, const std::string& staging,
                                std::uint64_t last) {
  connection.script(fill(sql::other_rows, {{"table", table.qualified},
                                           {"table_key", table.key_list("t")},
                                           {"staging", staging},
                                           {"row", row_column()},
                                           {"op", operation_column()},
                                           {"key", table.key_list()},
                                           {"source_key", table.source_key_list()},
                                           {"same_key", table.same_key("t", "last")},
                                           {"same_source_key", table.same_source_key("t", "last")}}));
  return connection
      .query(fill(sql::remove_other_rows, {{"table_key", table.key_list("t")},
                                           {"staging", staging},
                                           {"row", row_column()},
                                           {"op", operation_column()},
                                           {"key", table.key_list()},
                                           {"source_key", table.source_key_list()},
                                           {"same_key", table.same_key("t", "last")},
                                           {"same_source_key", table.same_source_key("t", "last")}}),
             {std::to_string(last)})
      .count(0, 0);
}

}  // namespace peo::target
