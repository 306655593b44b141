#include "target/schema/reserved_names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/created_tables.hpp"
#include "base/identifiers.hpp"
#include "base/source_names.hpp"
#include "loader_sql.hpp"
#include "schema_sql.hpp"
#include "target/schema/table.hpp"

namespace peo::target {
namespace {

bool is_own_table(const std::string& name) {
  if (name == "loader_migrations") return true;  // no migration creates it
  return std::ranges::any_of(loader_sql::all, [&](const auto& migration) {
    const auto own = created_tables(migration.second);
    return std::ranges::find(own, name, &CreatedTable::name) != own.end();
  });
}

// The table's comment then maps the source's name to it.
std::string rename_hint(const std::string& name) {
  return fmt::format(
      "Rename the table, and put the source's name into its comment: COMMENT ON TABLE {} IS '{}';",
      quoted_identifier("source_" + name), source_table_sentence({.schema = "", .table = name}));
}

void check_columns(const std::string& file, const CreatedTable& table) {
  const auto found = std::ranges::find_if(table.columns, is_system_column);
  if (found == table.columns.end()) return;
  throw Error::configuration(
      fmt::format("{}: the table {} has a column {}, which is the name of a system column of PostgreSQL",
                  file, quoted_identifier(table.name), *found),
      fmt::format("Rename the column, and put the source's name into its comment: COMMENT ON COLUMN "
                  "{}.source_{} IS '{}';",
                  quoted_identifier(table.name), *found, source_column_sentence(*found)));
}

}  // namespace

void check_names(Connection& connection, const std::string& file, const std::string& sql) {
  std::vector<std::string> unqualified;
  for (const auto& table : created_tables(sql)) {
    check_columns(file, table);
    if (is_own_table(table.name))
      throw Error::configuration(
          fmt::format("{}: the table {} has the name of one of the loader's own tables", file,
                      quoted_identifier(table.name)),
          rename_hint(table.name));
    if (table.schema.empty()) unqualified.push_back(table.name);
  }
  const auto found = connection.query(std::string(sql::catalogue_relations), {array_of(unqualified)});
  if (found.size() == 0) return;
  const std::string name(found.text(0, 0));
  throw Error::configuration(
      fmt::format("{}: the table {} has the name of a relation in pg_catalog, which has precedence where a "
                  "statement names no schema",
                  file, quoted_identifier(name)),
      rename_hint(name));
}

}  // namespace peo::target
