#include "tables/describe/catalogue.hpp"

#include "describe_sql.hpp"

namespace peo::describe {

Model read_model(target::Connection& connection, const std::string& schema) {
  const auto rows = connection.query(std::string(sql::catalogue), {schema});
  Model model;
  for (int i = 0; i < rows.size(); ++i) {
    if (model.tables.empty() || model.tables.back().name != rows.text(i, 0)) {
      model.tables.push_back({.name = std::string(rows.text(i, 0)),
                              .comment = std::string(rows.text(i, 1)),
                              .entity = rows.boolean(i, 2),
                              .columns = {}});
    }
    model.tables.back().columns.push_back({.name = std::string(rows.text(i, 3)),
                                           .type = std::string(rows.text(i, 4)),
                                           .not_null = rows.boolean(i, 5),
                                           .key_position = static_cast<int>(rows.number(i, 6)),
                                           .comment = std::string(rows.text(i, 7)),
                                           .generated = rows.boolean(i, 8)});
  }
  model.sort();
  return model;
}

}  // namespace peo::describe
