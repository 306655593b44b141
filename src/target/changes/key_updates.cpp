#include "target/changes/key_updates.hpp"

#include <fmt/format.h>

#include "changes_sql.hpp"
#include "target/copy/row_copy.hpp"
#include "target/postgres/sql_template.hpp"

namespace peo::target {

std::string exists_in(const Table& table, const std::string& relation) {
  return fmt::format("EXISTS (SELECT FROM {} AS stands WHERE {})", relation,
                     table.same_key("stands", "last"));
}

void drop_stale_deletes(Connection& connection, const Table& table, const std::string& staging,
                        const std::string& present) {
  connection.query(fill(sql::drop_stale_deletes, {{"staging", staging},
                                                  {"row", row_column()},
                                                  {"op", operation_column()},
                                                  {"key", table.key_list()},
                                                  {"present", present}}));
}

}  // namespace peo::target
