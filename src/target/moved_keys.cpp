#include "target/moved_keys.hpp"

#include <fmt/format.h>

#include "target/postgres/sql_template.hpp"
#include "target/staging.hpp"
#include "target_sql.hpp"

namespace peo::target {

std::string present_in(const Table& table, const std::string& relation) {
  return fmt::format("EXISTS (SELECT FROM {} AS stands WHERE {})", relation,
                     table.same_key("stands", "last"));
}

void keep_moved_onto(Connection& connection, const Table& table, const std::string& incoming,
                     const std::string& present) {
  connection.query(fill(sql::moved_keys, {{"incoming", incoming},
                                          {"row", row_column()},
                                          {"op", operation_column()},
                                          {"key", table.key_list()},
                                          {"present", present}}));
}

}  // namespace peo::target
