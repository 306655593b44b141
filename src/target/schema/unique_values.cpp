#include "target/schema/unique_values.hpp"

#include "schema_sql.hpp"

namespace peo::target {

std::vector<UniqueValues> unique_values(Connection& connection, const std::string& qualified_table) {
  const auto rows = connection.query(std::string(sql::unique_values), {qualified_table});
  std::vector<UniqueValues> list;
  list.reserve(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    list.push_back({.index = std::string(rows.text(i, 0)),
                    .values = std::string(rows.text(i, 1)),
                    .same_values = std::string(rows.text(i, 2))});
  }
  return list;
}

}  // namespace peo::target
