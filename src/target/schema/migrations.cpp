#include "target/schema/migrations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "base/created_tables.hpp"
#include "base/log.hpp"
#include "base/sql_files.hpp"
#include "base/sql_template.hpp"
#include "base/version.hpp"
#include "entities_sql.hpp"
#include "loader_sql.hpp"
#include "schema_sql.hpp"
#include "target/postgres/sql_array.hpp"
#include "target/schema/changed_migrations.hpp"
#include "target/schema/citus_cluster.hpp"
#include "target/schema/recreate_table.hpp"
#include "target/schema/reserved_names.hpp"
#include "target/schema/table.hpp"

namespace peo::target {
namespace {

std::vector<Migration> read_directory(const std::string& directory) {
  std::vector<Migration> migrations;
  try {
    for (auto& file : read_sql_files(directory))
      migrations.push_back({"entities/" + file.path.filename().string(), std::move(file.text)});
  } catch (const Error& error) {
    throw Error::configuration(std::string("ENTITIES: ") + error.what());
  }
  return migrations;
}

std::set<std::string> table_names(Connection& connection, const std::string& schema) {
  const auto rows = connection.query(std::string(sql::table_names), {schema});
  std::set<std::string> names;
  for (int i = 0; i < rows.size(); ++i) names.emplace(rows.text(i, 0));
  return names;
}

// The tables that the file has created. Refuses a file whose tables can't be loaded: once it is recorded as
// applied, it could no longer be corrected.
std::vector<std::string> check_created_tables(Connection& connection, const std::string& schema,
                                              const Migration& migration,
                                              const std::set<std::string>& before) {
  std::vector<std::string> created;
  std::ranges::set_difference(table_names(connection, schema), before, std::back_inserter(created));
  const auto rows = connection.query(std::string(sql::unloadable_tables), {schema, array_of(created)});
  if (rows.size() == 0) return created;
  throw Error::configuration(fmt::format("{}: the table {} lacks {}", migration.name,
                                         quoted_identifier(rows.text(0, 0)), rows.text(0, 1)),
                             "Correct the SQL; nothing of it was applied. Each table to be loaded needs "
                             "event_id bigint NOT NULL, delivery_id bigint NOT NULL and a primary key.");
}

// Applies due migrations in the open transaction.
class Migrator {
 public:
  Migrator(Connection& connection, const std::string& schema, std::span<const Migration> migrations,
           const AppliedMigrations& applied, const MigrateOptions& options)
      : connection_(connection),
        schema_(schema),
        migrations_(migrations),
        applied_(applied),
        options_(options),
        record_(quoted_identifier(schema) + ".loader_migrations") {}

  void apply(const DueMigration& due) {
    const auto& migration = *due.migration;
    if (is_entity(migration)) check_names(connection_, migration.name, migration.sql);
    const auto tables = due.changed ? replace(migration) : create(migration);
    connection_.query(
        fill(due.changed ? sql::migration_change : sql::migration_record, {{"migrations", record_}}),
        {migration.name, checksum_of(migration), std::string(version)});
    if (is_entity(migration)) record_tables(migration, tables);
  }

  // For files that an earlier version applied: their tables, from their text. Once, by a role with the
  // permission.
  void record_tables_of_older_versions() {
    std::vector<const Migration*> files;
    for (const auto& migration : migrations_) {
      const auto known = applied_.find(migration.name);
      if (is_entity(migration) && known != applied_.end() && !known->second.tables &&
          known->second.checksum == checksum_of(migration))
        files.push_back(&migration);
    }
    if (files.empty() || !connection_.query(std::string(sql::may_update), {record_}).boolean(0, 0)) return;
    for (const auto* file : files) {
      std::vector<std::string> names;
      for (const auto& table : created_tables(file->sql)) names.push_back(table.name);
      record_tables(*file, names);
    }
  }

  const std::vector<std::string>& losses() const { return losses_; }

 private:
  std::vector<std::string> create(const Migration& migration) {
    const auto before = table_names(connection_, schema_);
    // Migrations name their tables, and types of extensions, without a schema.
    connection_.query("SET LOCAL search_path TO DEFAULT");
    try {
      connection_.script(migration.sql);
    } catch (const Error& error) {
      refuse_sql(migration, error);
    }
    connection_.query("SET LOCAL search_path = pg_catalog, pg_temp");
    return is_entity(migration) ? check_created_tables(connection_, schema_, migration, before)
                                : std::vector<std::string>();
  }

  std::vector<std::string> replace(const Migration& migration) {
    const auto change = change_of(connection_, schema_, migration, migrations_, applied_,
                                  {.lock = true, .recreate = options_.recreate});
    if (change.is_applied) {
      log::info("{} was changed, but the target's tables already match it.", migration.name);
      return change.tables;
    }
    std::map<std::string, std::string> distributions;
    for (const auto& table : change.dropped) {
      const bool is_gone = std::ranges::find(change.tables, table.name) == change.tables.end();
      if (!is_gone) distributions[table.name] = distribution_of(connection_, schema_, table.name);
      losses_.push_back(drop_for_recreation(connection_, schema_, table,
                                            {.migration = migration.name,
                                             .sha256 = checksum_of(migration),
                                             .size = migration.sql.size(),
                                             .is_gone = is_gone},
                                            options_.notifications));
    }
    auto created = create(migration);
    check_distributions(migration, distributions);
    return created;
  }

  // The SQL that creates a table seldom distributes it, too: recreated, it would silently be a local table of
  // the Citus coordinator. `before`: by name.
  void check_distributions(const Migration& migration, const std::map<std::string, std::string>& before) {
    for (const auto& [name, distribution] : before) {
      const auto now = distribution_of(connection_, schema_, name);
      if (distribution == "local" || now == distribution) continue;
      throw Error::configuration(
          fmt::format("{} can't be recreated by {}: it is {}, and would be {}", shortened(name),
                      migration.name, distribution, now),
          fmt::format(
              "Change the table with ALTER TABLE in a new file with a higher number. Or make it local with "
              "SELECT undistribute_table({}), run migrate --recreate, and distribute it again before "
              "the next load. Nothing was changed.",
              quoted_literal(quoted_identifier(name))));
    }
  }

  void record_tables(const Migration& migration, const std::vector<std::string>& tables) {
    connection_.query(fill(sql::migration_tables, {{"migrations", record_}}),
                      {migration.name, array_of(tables)});
  }

  Connection& connection_;
  const std::string& schema_;
  std::span<const Migration> migrations_;
  const AppliedMigrations& applied_;
  const MigrateOptions& options_;
  std::string record_;
  std::vector<std::string> losses_;
};

}  // namespace

std::vector<Migration> migrations_of(const std::string& entities) {
  std::vector<Migration> migrations;
  migrations.reserve(loader_sql::all.size() + entities_sql::all.size());
  for (const auto& [name, text] : loader_sql::all)
    migrations.push_back({fmt::format("loader/{}", name), std::string(text)});
  if (entities == "shipped") {
    for (const auto& [name, text] : entities_sql::all) {
      migrations.push_back({fmt::format("entities/{}", name), std::string(text)});
    }
  } else if (entities != "none") {
    for (auto& migration : read_directory(entities)) migrations.push_back(std::move(migration));
  }
  return migrations;
}

std::span<const Migration> own_migrations(std::span<const Migration> migrations) {
  return {migrations.begin(), std::ranges::find_if(migrations, is_entity)};
}

std::vector<Migration> only_of_tables(std::vector<Migration> migrations,
                                      const std::vector<std::string>& tables) {
  std::erase_if(migrations, [&](const Migration& migration) {
    if (!is_entity(migration)) return false;
    const auto begin = migration.name.find('_') + 1;
    const auto table = migration.name.substr(begin, migration.name.rfind('.') - begin);
    return std::ranges::find(tables, table) == tables.end();
  });
  return migrations;
}

std::vector<std::string> migrate(Connection& connection, const std::string& schema,
                                 std::span<const Migration> migrations, const MigrateOptions& options) {
  const auto applied = applied_migrations(connection, schema);
  const auto list = due_migrations(migrations, applied);
  Migrator migrator(connection, schema, migrations, applied, options);
  std::vector<std::string> names;
  if (list.empty()) {
    migrator.record_tables_of_older_versions();
    return names;
  }
  // All in one transaction: a file that fails leaves nothing of the files before it.
  connection.query("BEGIN");
  try {
    connection.script(
        fill(sql::create_migrations, {{"migrations", quoted_identifier(schema) + ".loader_migrations"}}));
    for (const auto& one : list) {
      migrator.apply(one);
      names.push_back(one.migration->name);
    }
    migrator.record_tables_of_older_versions();
    connection.query("COMMIT");
  } catch (...) {
    connection.rollback();
    throw;
  }
  for (const auto& loss : migrator.losses()) {
    log::warning("{}", loss);
    options.on_recreated(loss);
  }
  return names;
}

std::vector<Migration> migrations_due(Connection& connection, const std::string& schema,
                                      const std::vector<Migration>& migrations) {
  const auto applied = applied_migrations(connection, schema);
  std::vector<Migration> list;
  for (const auto& [migration, is_changed] : due_migrations(migrations, applied)) {
    if (is_entity(*migration)) check_names(connection, migration->name, migration->sql);
    if (is_changed) {
      connection.query("BEGIN");
      try {
        change_of(connection, schema, *migration, migrations, applied, {});
      } catch (...) {
        connection.rollback();
        throw;
      }
      connection.rollback();
    }
    list.push_back(*migration);
  }
  return list;
}

void create_temporary(Connection& connection, const std::string& schema,
                      const std::vector<Migration>& migrations) {
  const auto applied = applied_migrations(connection, schema);
  const auto list = due_migrations(migrations, applied);
  if (list.empty()) return;
  // To try a migration that changes the loader's existing tables would need a lock on them; a dry run takes
  // none that a running loader would notice.
  if (!applied.empty() && !is_entity(*list.front().migration)) {
    throw Error::configuration(
        fmt::format("the loader's own tables in the target are of an older version: {} has not been applied",
                    list.front().migration->name),
        "Run the loader once, which updates them first. A dry run can't predict anything beyond that.");
  }
  for (const auto& [migration, is_changed] : list) {
    if (!is_changed) continue;
    throw Error::configuration(
        fmt::format("{} was changed after it had been applied", migration->name),
        "Restore the file, and make the change in a new file with a higher number. Or recreate its tables: "
        "run migrate first if they are empty and were never loaded, otherwise migrate --recreate. A dry run "
        "can't predict anything beyond that.");
  }
  const auto pinned = std::string(connection.query("SHOW search_path").text(0, 0));
  connection.query("SET LOCAL search_path TO DEFAULT");
  const auto path = std::string(connection.query("SHOW search_path").text(0, 0));
  const auto set_path = [&](const std::string& value) {
    connection.query("SELECT pg_catalog.set_config('search_path', $1, true)", {value});
  };
  // With pg_temp in front, CREATE TABLE of the same SQL creates temporary tables. For this transaction only.
  set_path("pg_temp, " + path);
  if (applied.empty()) connection.script(fill(sql::create_migrations, {{"migrations", "loader_migrations"}}));
  for (const auto& [migration, is_changed] : list) {
    if (is_entity(*migration)) check_names(connection, migration->name, migration->sql);
    try {
      connection.script(migration->sql);
    } catch (const Error& error) {
      refuse_sql(*migration, error);
    }
    log::info("{} has not been applied yet; its tables count as empty.", migration->name);
  }
  set_path(pinned);
  // A temporary table hides one of the same name: without this check, a dry run would succeed although the
  // real run fails with "already exists".
  const auto clash = connection.query(std::string(sql::name_conflict), {schema});
  if (clash.size() != 0) {
    throw Error::configuration(
        fmt::format("the target already has a relation {}, which these SQL files have not created",
                    quoted_identifier(clash.text(0, 0))),
        hint_of_present_table);
  }
}

}  // namespace peo::target
