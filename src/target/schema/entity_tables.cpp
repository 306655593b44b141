#include "target/schema/entity_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/identifiers.hpp"
#include "base/sql_template.hpp"
#include "schema_sql.hpp"
#include "target/schema/source_key.hpp"

namespace peo::target {
namespace {

Error without_key(const Table& table) {
  if (table.temporal_key) {
    return Error::configuration(
        fmt::format("the primary key of the table {} is temporal (WITHOUT OVERLAPS)", table.qualified),
        "Replace it by an ordinary key: ALTER TABLE ... DROP CONSTRAINT ..., ADD PRIMARY KEY (...). A change "
        "finds "
        "its row by equal values of the key, while a temporal key compares ranges; it may be kept as UNIQUE "
        "(... "
        "WITHOUT OVERLAPS).");
  }
  return Error::configuration(fmt::format("the table {} has no primary key", table.qualified),
                              "Add one, since rows are identified by it: ALTER TABLE ... ADD PRIMARY KEY "
                              "(...). If the table isn't for the "
                              "loader, remove its columns event_id and delivery_id. During a full load over "
                              "several transactions, which "
                              "loader_full_loads shows, the key is missing until the load ends.");
}

Error columnar(const Table& table) {
  return Error::configuration(
      fmt::format("the table {} is stored in columnar format, in which rows can't be updated or deleted",
                  table.qualified),
      "Convert it: SELECT alter_table_set_access_method(..., 'heap');");
}

Error with_own_column(const Table& table, const std::string& column) {
  return Error::configuration(
      fmt::format("the table {} has a column {}, a name that is reserved for the loader", table.qualified,
                  shortened(column)),
      "Rename the column.");
}

Error of_a_stranger(const Table& table, const Stranger& stranger) {
  return Error::configuration(fmt::format("the table {} is owned by {}, which the loader doesn't trust: "
                                          "triggers of the table would run with the "
                                          "loader's privileges",
                                          table.qualified, stranger.owner),
                              fmt::format("To load it, run ALTER TABLE {} OWNER TO {}; or GRANT {} TO {};",
                                          table.qualified, stranger.role, stranger.owner, stranger.role));
}

Error of_one_name(const Table& table, const Table& other) {
  return Error::configuration(fmt::format("the names of the tables {} and {} differ only in case, so it is "
                                          "unclear which of them the prefix's files "
                                          "belong to",
                                          table.qualified, other.qualified),
                              "Rename one of them, or drop its column event_id or delivery_id.");
}

Error of_one_source(const Table& table, const Table& other) {
  return Error::configuration(
      fmt::format("the comments of the tables {} and {} both name {} as their source table", table.qualified,
                  other.qualified, shortened(table.source->text())),
      "Correct one of them: COMMENT ON TABLE ... IS 'Source table: schema.table.'; or drop the one that is "
      "no longer needed, for example after a rename in ENTITIES.");
}

// Nothing: the comments of the table and its columns declare no names, or usable ones.
std::optional<Error> with_unusable_names(const Table& table) {
  if (table.source && table.source->table.empty()) {
    return Error::configuration(
        fmt::format("no name follows \"Source table:\" in the comment of the table {}", table.qualified),
        fmt::format("COMMENT ON TABLE {} IS 'Source table: schema.table.';", table.qualified));
  }
  std::map<std::string, std::string> columns;
  for (const auto& column : table.columns) {
    const auto quoted = quoted_identifier(column.name);
    for (const auto& source : column.sources) {
      if (source.empty()) {
        return Error::configuration(fmt::format("no name follows \"Source column:\" in the comment of {}.{}",
                                                table.qualified, shortened(quoted)),
                                    fmt::format("COMMENT ON COLUMN {}.{} IS 'Source column: name.';",
                                                table.qualified, shortened(quoted)));
      }
      const auto [other, fresh] = columns.emplace(source, quoted);
      if (fresh || other->second == quoted) continue;
      return Error::configuration(
          fmt::format("the comments of the columns {} and {} of {} both name {} as their source column",
                      shortened(other->second), shortened(quoted), table.qualified, shortened(source)),
          "Correct one of them: COMMENT ON COLUMN ... IS 'Source column: name.';");
    }
  }
  return std::nullopt;
}

// The ledger identifies tables by name: under a new name, all files would be loaded from the beginning, over
// newer rows.
Error renamed(const Table& table, const std::string& before, std::string_view delivery,
              const LedgerTables& ledger) {
  const auto update = [&](const std::string& relation) {
    return fmt::format("UPDATE {} SET entity = {} WHERE entity = {};", relation, quoted_literal(table.name),
                       quoted_literal(before));
  };
  return Error::configuration(
      fmt::format(
          "the table {} has rows that delivery {} loaded into {}, and no file was loaded into it under its "
          "current name",
          table.qualified, delivery, shortened(before)),
      fmt::format(
          "If it was renamed, rename it in the ledger too: BEGIN; {} {} and the same for loader_removals and "
          "loader_added_columns; COMMIT; If it is a copy, empty it (TRUNCATE {}): its files are then loaded "
          "from the "
          "beginning.",
          update(ledger.deliveries), update(ledger.entities), table.qualified));
}

std::map<std::string, Error> renamed_tables(Connection& connection, const std::string& schema,
                                            const std::map<std::string, Table>& tables,
                                            const LedgerTables& ledger) {
  std::map<std::string, Error> found;
  const auto unrecorded = connection.query(
      fill(sql::unrecorded_tables, {{"deliveries", ledger.deliveries}, {"entities", ledger.entities}}),
      {schema, array_of(names_of(tables))});
  for (int i = 0; i < unrecorded.size(); ++i) {
    const auto& table = tables.at(std::string(unrecorded.text(i, 0)));
    const auto rows = connection.query(
        fill(sql::rows_of_others, {{"table", table.qualified}, {"deliveries", ledger.deliveries}}));
    if (rows.size() != 0)
      found.emplace(table.name, renamed(table, std::string(rows.text(0, 0)), rows.text(0, 1), ledger));
  }
  return found;
}

// The comments of an untrusted owner could direct files of other tables into this one.
void forget_comments(Table& table) {
  table.source.reset();
  for (auto& column : table.columns) column.sources.clear();
}

}  // namespace

std::vector<Stranger> strangers(Connection& connection, const std::string& schema,
                                const std::vector<std::string>& relations) {
  const auto rows = connection.query(fill(sql::strangers, {{"trusted", std::string(sql::trusted_roles)}}),
                                     {schema, array_of(relations)});
  std::vector<Stranger> found;
  found.reserve(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    found.push_back(
        {std::string(rows.text(i, 0)), std::string(rows.text(i, 1)), std::string(rows.text(i, 2))});
  }
  return found;
}

std::vector<OpenSchema> open_schemas(Connection& connection, const std::string& schemas) {
  const auto rows =
      connection.query(fill(sql::creators, {{"trusted", std::string(sql::trusted_roles)}}), {schemas});
  std::vector<OpenSchema> found;
  found.reserve(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i)
    found.push_back({std::string(rows.text(i, 0)), std::string(rows.text(i, 1))});
  return found;
}

EntityTables entity_tables(Connection& connection, const std::string& schema,
                           const std::optional<LedgerTables>& ledger) {
  EntityTables found;
  found.loadable = read_tables(connection, schema);
  const auto refuse = [&](const std::string& name, Error error) {
    found.refused.emplace(name, error.at(Step::Apply));
    found.loadable.erase(name);
  };
  const auto foreign = strangers(connection, schema, names_of(found.loadable));
  std::set<std::string> known;
  if (!foreign.empty() && ledger) {
    std::vector<std::string> names;
    names.reserve(foreign.size());
    for (const auto& one : foreign) names.push_back(one.relation);
    const auto rows = connection.query(
        fill(sql::loaded_entities, {{"deliveries", ledger->deliveries}, {"entities", ledger->entities}}),
        {array_of(names)});
    for (int i = 0; i < rows.size(); ++i) known.emplace(rows.text(i, 0));
  }
  for (const auto& one : foreign) {
    auto& table = found.loadable.at(one.relation);
    forget_comments(table);
    auto error = of_a_stranger(table, one);
    if (known.contains(one.relation)) {
      // It was loaded before its owner was checked, and its readers rely on it.
      found.warnings.push_back(
          fmt::format("{}; it is loaded nevertheless, as before. {}", error.what(), error.hint()));
    } else {
      refuse(one.relation, std::move(error));
    }
  }
  // After tables of untrusted owners: nobody can block a table by creating another one of its name.
  std::map<std::string, std::vector<std::string>> by_name;  // tables without a comment that names a source
  std::map<std::string, std::vector<std::string>> by_source;
  // Refused ones too: their files must not be loaded into another table.
  for (const auto& [name, table] : found.loadable) {
    if (table.source && !table.source->table.empty()) found.sources.emplace(name, *table.source);
    (table.source ? by_source[lower_case(table.source->text())] : by_name[lower_case(name)]).push_back(name);
  }
  for (const auto& [source, names] : by_source) {
    if (names.size() == 1 || source.empty()) continue;
    const auto first = found.loadable.at(names[0]);
    const auto second = found.loadable.at(names[1]);
    for (const auto& name : names) refuse(name, of_one_source(first, second));
  }
  for (const auto& [folded, names] : by_name) {
    if (names.size() == 1) continue;
    const auto first = found.loadable.at(names[0]);
    const auto second = found.loadable.at(names[1]);
    for (const auto& name : names) refuse(name, of_one_name(first, second));
  }
  // A refused table that only shares its name with one that is loaded has no files.
  std::erase_if(found.refused, [&](const auto& refused) {
    const auto is_loaded = [&](const auto& tables) {
      const auto same = tables.find(lower_case(refused.first));
      return same != tables.end() && found.loadable.contains(same->second.front());
    };
    if (!is_loaded(by_name) && !is_loaded(by_source)) return false;
    found.warnings.push_back(
        fmt::format("Not loading a table: {}. {}", refused.second.what(), refused.second.hint()));
    return true;
  });
  if (ledger) {
    for (auto& [name, error] : renamed_tables(connection, schema, found.loadable, *ledger))
      refuse(name, std::move(error));
  }
  for (const auto& name : names_of(found.loadable)) {
    const auto& table = found.loadable.at(name);
    if (const auto own = std::ranges::find_if(table.columns, is_own_column, &Column::name);
        own != table.columns.end()) {
      refuse(name, with_own_column(table, own->name));
    } else if (table.key().empty()) {
      refuse(name, without_key(table));
    } else if (auto error = with_unusable_names(table)) {
      refuse(name, std::move(*error));
    } else if (table.columnar) {
      refuse(name, columnar(table));
    } else if (auto unusable = unusable_source_key(table)) {
      refuse(name, std::move(*unusable));
    }
  }
  return found;
}

TableNames EntityTables::names() const {
  auto tables = names_of(loadable);
  for (const auto& [name, error] : refused) tables.push_back(name);
  return {std::move(tables), sources};
}

TableNames table_names_in(Connection& connection, const std::string& schema) {
  return entity_tables(connection, schema, std::nullopt).names();
}

}  // namespace peo::target
