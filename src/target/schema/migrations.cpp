#include "target/schema/migrations.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "base/hexadecimal.hpp"
#include "base/identifiers.hpp"
#include "base/log.hpp"
#include "base/sql_template.hpp"
#include "base/version.hpp"
#include "entities_sql.hpp"
#include "loader_sql.hpp"
#include "schema_sql.hpp"
#include "target/postgres/sql_array.hpp"
#include "target/schema/recreate_table.hpp"
#include "target/schema/table.hpp"

namespace peo::target {
namespace {

std::string sha256(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return hexadecimal(std::span<const unsigned char>(digest).first(size));
}

std::vector<Migration> from_folder(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(folder, code)) {
    if (entry.path().extension() == ".sql") files.push_back(entry.path());
  }
  if (code)
    throw Error::configuration(fmt::format("ENTITIES: can't read the folder {}: {}", folder, code.message()));
  // Directories list in any order. Migrations are applied by their names, which begin with a number.
  std::sort(files.begin(), files.end());
  std::vector<Migration> migrations;
  migrations.reserve(files.size());
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    if (!stream) throw Error::configuration(fmt::format("ENTITIES: can't read {}", file.string()));
    migrations.push_back({"entities/" + file.filename().string(), text.str()});
  }
  return migrations;
}

// 001 lost a character that isn't ASCII, and nothing else; targets that were made before have recorded this.
constexpr std::pair<std::string_view, std::string_view> former_text = {
    "loader/001_loader.sql", "4f01163bfc64e83ad878d38d4c2fe1c72bacb649997a2af83df16874b7d21bd7"};

constexpr const char* somebody_elses =
    "If the table is somebody else's and ready for the loader, set ENTITIES=none (or a folder without this "
    "file).";

// The error is the SQL file's, not a delivery's: configuration, not bad data.
[[noreturn]] void refused(const Migration& migration, const Error& error) {
  if (error.kind() == ErrorKind::Retry || error.exit_code() == ExitCode::PermissionDenied) throw Error(error);
  std::string hint = "Correct the SQL; nothing of it was applied.";
  // 42P07 duplicate_table.
  if (error.sqlstate() == "42P07") {
    hint = somebody_elses;
  }
  throw Error::configuration(fmt::format("{}: {}", migration.name, error.what()), hint)
      .with_sqlstate(error.sqlstate());
}

std::map<std::string, std::string> applied_in(Connection& connection, const std::string& table) {
  std::map<std::string, std::string> applied;
  const auto rows = connection.query(fill(sql::migrations_applied, {{"migrations", table}}));
  for (int i = 0; i < rows.size(); ++i) applied.emplace(rows.text(i, 0), rows.text(i, 1));
  return applied;
}

std::set<std::string> table_names(Connection& connection, const std::string& schema) {
  const auto rows = connection.query(std::string(sql::table_names), {schema});
  std::set<std::string> names;
  for (int i = 0; i < rows.size(); ++i) names.emplace(rows.text(i, 0));
  return names;
}

// A file whose tables can't be loaded would be recorded as applied, and could then not be corrected in place.
void check_made_tables(Connection& connection, const std::string& schema, const Migration& migration,
                       const std::set<std::string>& before) {
  std::vector<std::string> made;
  std::ranges::set_difference(table_names(connection, schema), before, std::back_inserter(made));
  const auto rows = connection.query(std::string(sql::unloadable_tables), {schema, array_of(made)});
  if (rows.size() == 0) return;
  throw Error::configuration(fmt::format("{}: the table {} lacks {}", migration.name,
                                         quoted_identifier(rows.text(0, 0)), rows.text(0, 1)),
                             "Every table that is loaded needs event_id bigint NOT NULL, delivery_id bigint "
                             "NOT NULL and a primary key. "
                             "Correct the SQL; nothing of it was applied.");
}

bool is_entity(const Migration& migration) { return migration.name.starts_with("entities/"); }

struct Due {
  const Migration* migration = nullptr;
  bool changed = false;  // after it had been applied
};

Error changed(const Migration& migration, const std::string& why) {
  return Error::configuration(
      fmt::format("{} was changed after it had been applied{}{}", migration.name, why.empty() ? "" : ": ",
                  why),
      "Put it back as it was, and write the change as a new file with a higher number. (A file whose tables "
      "are empty and were never loaded may be changed.)");
}

Error needs_recreate(const Migration& migration, const std::string& why) {
  return Error::configuration(
      fmt::format("{} was changed after it had been applied: {}", migration.name, why),
      "Put it back as it was, and write the change as a new file with a higher number; or let "
      "paper-engine-orders "
      "migrate --recreate drop the table and create it by the changed file: its rows are then removed, for "
      "consumers "
      "too, what was granted on it is lost, and the ledger forgets its files, which are loaded from the "
      "start.");
}

// The migrations that are not applied yet, and those of the entities that have changed since. Throws when one
// of the loader's own has.
std::vector<Due> due(std::span<const Migration> migrations,
                     const std::map<std::string, std::string>& applied) {
  std::vector<Due> list;
  for (const auto& migration : migrations) {
    const auto found = applied.find(migration.name);
    if (found == applied.end()) {
      list.push_back({.migration = &migration});
    } else if (found->second != sha256(migration.sql) &&
               std::pair<std::string_view, std::string_view>(*found) != former_text) {
      if (!is_entity(migration)) throw changed(migration, "");
      list.push_back({.migration = &migration, .changed = true});
    }
  }
  return list;
}

// The tables that the SQL creates: it is tried on temporary ones, in the transaction that is open.
std::vector<std::string> tables_of(Connection& connection, const Migration& migration) {
  std::vector<std::string> names;
  connection.query("SAVEPOINT probe");
  connection.query("SET LOCAL search_path TO DEFAULT");
  const auto path = std::string(connection.query("SHOW search_path").text(0, 0));
  connection.query("SELECT pg_catalog.set_config('search_path', $1, true)", {"pg_temp, " + path});
  try {
    connection.script(migration.sql);
    const auto rows = connection.query(std::string(sql::temporary_tables));
    for (int i = 0; i < rows.size(); ++i) names.emplace_back(rows.text(i, 0));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::Retry) throw;
    connection.rollback("probe");
    refused(migration, error);
  }
  connection.rollback("probe");
  return names;
}

// Whether a later file that is applied alters the table: dropped, it would lose that.
bool is_altered_later(const std::string& table, const Migration& migration,
                      std::span<const Migration> migrations,
                      const std::map<std::string, std::string>& applied) {
  return std::ranges::any_of(migrations, [&](const Migration& later) {
    if (later.name <= migration.name || !applied.contains(later.name) || !is_entity(later)) return false;
    const auto text = lower_case(later.sql);
    return text.find("alter") != std::string::npos && text.find(lower_case(table)) != std::string::npos;
  });
}

// A file that was changed after it had been applied, as a draft that turned out wrong: its tables of before,
// to be dropped. Throws unless they are the loader's and, without `recreate`, empty and never loaded. In a
// transaction. `lock`: against others, until its end.
std::vector<Table> tables_to_recreate(Connection& connection, const std::string& schema,
                                      const Migration& migration, std::span<const Migration> migrations,
                                      const std::map<std::string, std::string>& applied, bool lock,
                                      bool recreate = false) {
  const auto tables = read_tables(connection, schema);
  const auto own = [&](const char* name) { return quoted_identifier(schema) + "." + name; };
  std::vector<Table> found;
  const auto names = tables_of(connection, migration);
  if (names.empty()) throw changed(migration, "it creates no table");
  for (const auto& name : names) {
    if (!table_exists(connection, schema, name)) continue;
    const auto table = tables.find(name);
    if (table == tables.end()) throw changed(migration, fmt::format("{} isn't loaded", shortened(name)));
    const auto& qualified = table->second.qualified;
    if (!table->second.owned) throw changed(migration, fmt::format("{} has another owner", qualified));
    if (lock) {
      // Nobody adds rows between this check and the drop.
      connection.query("SET LOCAL lock_timeout = '2s'");
      connection.query(fmt::format("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", qualified));
      connection.query("SET LOCAL lock_timeout = 0");
    }
    if (is_altered_later(name, migration, migrations, applied))
      throw changed(migration, fmt::format("a later file alters {}", qualified));
    found.push_back(table->second);
    if (recreate) continue;
    if (!connection.query(fill(sql::is_empty, {{"table", qualified}})).boolean(0, 0))
      throw needs_recreate(migration, fmt::format("{} has rows", qualified));
    const auto loaded = connection.query(
        fill(sql::loaded_entities,
             {{"deliveries", own("loader_deliveries")}, {"entities", own("loader_delivery_entities")}}),
        {array_of(std::vector{name})});
    if (loaded.size() != 0) throw needs_recreate(migration, fmt::format("{} was loaded before", qualified));
  }
  return found;
}

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
    for (auto& migration : from_folder(entities)) migrations.push_back(std::move(migration));
  }
  return migrations;
}

std::span<const Migration> own_migrations(std::span<const Migration> migrations) {
  const auto end = std::ranges::find_if_not(
      migrations, [](const Migration& migration) { return migration.name.starts_with("loader/"); });
  return {migrations.begin(), end};
}

std::vector<Migration> only_of_tables(std::vector<Migration> migrations,
                                      const std::vector<std::string>& tables) {
  std::erase_if(migrations, [&](const Migration& migration) {
    if (!migration.name.starts_with("entities/")) return false;
    const auto begin = migration.name.find('_') + 1;
    const auto table = migration.name.substr(begin, migration.name.rfind('.') - begin);
    return std::ranges::find(tables, table) == tables.end();
  });
  return migrations;
}

std::vector<std::string> migrate(Connection& connection, const std::string& schema,
                                 std::span<const Migration> migrations, const MigrateOptions& options) {
  const auto table = quoted_identifier(schema) + ".loader_migrations";
  std::map<std::string, std::string> applied;
  if (table_exists(connection, schema, "loader_migrations")) applied = applied_in(connection, table);
  const auto list = due(migrations, applied);
  std::vector<std::string> names, losses;
  if (list.empty()) return names;
  // All in one transaction: a file that fails leaves nothing of the files before it.
  connection.query("BEGIN");
  try {
    connection.script(fill(sql::create_migrations, {{"migrations", table}}));
    for (const auto& [migration, is_changed] : list) {
      if (is_changed) {
        for (const auto& one : tables_to_recreate(connection, schema, *migration, migrations, applied, true,
                                                  options.recreate)) {
          losses.push_back(drop_for_recreation(
              connection, schema, one,
              {.migration = migration->name, .sha256 = sha256(migration->sql), .size = migration->sql.size()},
              options.notifications));
        }
      }
      const auto before = table_names(connection, schema);
      // Migrations name their tables, and types of extensions, without a schema.
      connection.query("SET LOCAL search_path TO DEFAULT");
      try {
        connection.script(migration->sql);
      } catch (const Error& error) {
        refused(*migration, error);
      }
      connection.query("SET LOCAL search_path = pg_catalog, pg_temp");
      if (is_entity(*migration)) check_made_tables(connection, schema, *migration, before);
      connection.query(
          fill(is_changed ? sql::migration_change : sql::migration_record, {{"migrations", table}}),
          {migration->name, sha256(migration->sql), std::string(version)});
      names.push_back(migration->name);
    }
    connection.query("COMMIT");
  } catch (...) {
    connection.rollback();
    throw;
  }
  for (const auto& loss : losses) {
    log::warning("{}", loss);
    options.on_recreated(loss);
  }
  return names;
}

std::vector<std::string> migrations_due(Connection& connection, const std::string& schema,
                                        const std::vector<Migration>& migrations) {
  std::map<std::string, std::string> applied;
  if (table_exists(connection, schema, "loader_migrations"))
    applied = applied_in(connection, quoted_identifier(schema) + ".loader_migrations");
  std::vector<std::string> names;
  for (const auto& [migration, is_changed] : due(migrations, applied)) {
    if (is_changed) {
      connection.query("BEGIN");
      try {
        tables_to_recreate(connection, schema, *migration, migrations, applied, false);
      } catch (...) {
        connection.rollback();
        throw;
      }
      connection.rollback();
    }
    names.push_back(migration->name);
  }
  return names;
}

void create_temporary(Connection& connection, const std::string& schema,
                      const std::vector<Migration>& migrations) {
  std::map<std::string, std::string> applied;
  if (table_exists(connection, schema, "loader_migrations")) {
    applied = applied_in(connection, quoted_identifier(schema) + ".loader_migrations");
  }
  const auto list = due(migrations, applied);
  if (list.empty()) return;
  // A migration that changes the loader's existing tables would need a lock on them to be tried; a dry run
  // takes none that a running loader would notice.
  if (!applied.empty() && !is_entity(*list.front().migration)) {
    throw Error::configuration(
        fmt::format("the target's own tables are of an older version: {} is not applied yet",
                    list.front().migration->name),
        "A dry run can't look behind that. Run the loader itself once; it brings them up to date first.");
  }
  for (const auto& [migration, is_changed] : list) {
    if (!is_changed) continue;
    throw Error::configuration(
        fmt::format("{} was changed after it had been applied", migration->name),
        "A dry run can't look behind that. If its tables are empty and were never "
        "loaded, run migrate first: it "
        "recreates them (with rows in them: migrate --recreate). Else put it back as it "
        "was, and write the change as a new file with a higher number.");
  }
  const auto pinned = std::string(connection.query("SHOW search_path").text(0, 0));
  connection.query("SET LOCAL search_path TO DEFAULT");
  const auto path = std::string(connection.query("SHOW search_path").text(0, 0));
  const auto set_path = [&](const std::string& value) {
    connection.query("SELECT pg_catalog.set_config('search_path', $1, true)", {value});
  };
  // With pg_temp in front, CREATE TABLE of the same SQL creates temporary tables. For this transaction only.
  set_path("pg_temp, " + path);
  for (const auto& [migration, is_changed] : list) {
    try {
      connection.script(migration->sql);
    } catch (const Error& error) {
      refused(*migration, error);
    }
    log::info("{} is not applied yet; its tables count as empty ones.", migration->name);
  }
  set_path(pinned);
  // A temporary table hides one of the same name: without this check a dry run would succeed where the real
  // run ends with "already exists".
  const auto clash = connection.query(std::string(sql::name_conflict), {schema});
  if (clash.size() != 0) {
    throw Error::configuration(
        fmt::format("the relation {} stands in the target already, and isn't the loader's",
                    quoted_identifier(clash.text(0, 0))),
        somebody_elses);
  }
}

}  // namespace peo::target
