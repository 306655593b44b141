#include "target/changes/key_updates.hpp"

#include "base/sql_template.hpp"
#include "changes_sql.hpp"
#include "target/copy/row_copy.hpp"

namespace peo::target {

void drop_stale_deletes(Connection& connection, const Table& table, const std::string& staging) {
  connection.script(fill(sql::keys_in_table, {{"staging", staging},
                                              {"op", operation_column()},
                                              {"key", table.key_list()},
                                              {"table_key", table.key_list("t")},
                                              {"table", table.qualified},
                                              {"same_key", table.same_key("t", "k")}}));
  connection.query(fill(sql::drop_stale_deletes, {{"staging", staging},
                                                  {"row", row_column()},
                                                  {"op", operation_column()},
                                                  {"key", table.key_list()},
                                                  {"same_key", table.same_key("present", "last")}}));
}

}  // namespace peo::target
