#include "target/schema/changed_migrations.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/created_tables.hpp"
#include "base/hexadecimal.hpp"
#include "base/identifiers.hpp"
#include "base/sql_template.hpp"
#include "schema_sql.hpp"

namespace peo::target {
namespace {

// 001 lost a character that isn't ASCII, and nothing else; targets that were made before have recorded this.
constexpr std::pair<std::string_view, std::string_view> former_text = {
    "loader/001_loader.sql", "4f01163bfc64e83ad878d38d4c2fe1c72bacb649997a2af83df16874b7d21bd7"};

Error changed(const Migration& migration, const std::string& why) {
  return Error::configuration(fmt::format("{} was changed after it had been applied{}{}", migration.name,
                                          why.empty() ? "" : ": ", why),
                              "Restore the file, and make the change in a new file with a higher number. (A "
                              "file can be edited only while its tables are empty and were never loaded.)");
}

constexpr const char* what_recreating_loses =
    "this removes its rows, for consumers too, and the grants on it; its files are then loaded from the "
    "beginning.";

Error needs_recreate(const Migration& migration, const std::string& why) {
  return Error::configuration(
      fmt::format("{} was changed after it had been applied: {}", migration.name, why),
      fmt::format("Restore the file, and make the change in a new file with a higher number. Or drop the "
                  "table and create it from the changed file with paper-engine-orders migrate --recreate: {}",
                  what_recreating_loses));
}

// `why`: such as "has rows". `fresh`: the tables that the file creates now and didn't create before.
Error gone_from_file(const Migration& migration, const Table& table, const std::vector<std::string>& fresh,
                     const std::string& why) {
  std::string names;
  for (const auto& name : fresh) names += (names.empty() ? "" : ", ") + quoted_identifier(name);
  const auto what = fmt::format(
      "{} was changed after it had been applied: it created the table {}, which {}, and now creates "
      "{}",
      migration.name, table.qualified, why, names.empty() ? "no such table" : names + " instead");
  if (fresh.empty()) {
    return Error::configuration(
        what, fmt::format("Restore the file. Or drop {} with paper-engine-orders migrate --recreate: {}",
                          table.qualified, what_recreating_loses));
  }
  return Error::configuration(
      what, fmt::format("If it was renamed, rename it in the target and in the ledger: ALTER TABLE {} RENAME "
                        "TO {}; and the statements in docs/operations.md, \"Tables that change hands or "
                        "names\". Or drop {} and create {} with paper-engine-orders migrate --recreate: {}",
                        table.qualified, fresh.size() == 1 ? names : "...", table.qualified, names,
                        what_recreating_loses));
}

// What a file creates, found out with temporary tables.
struct Trial {
  std::vector<std::string> tables;
  bool is_applied = false;  // as Change::is_applied
};

bool is_as_in_target(Connection& connection, const std::string& schema,
                     const std::vector<std::string>& tables) {
  return std::ranges::all_of(tables, [&](const std::string& table) {
    return connection.query(std::string(sql::same_as_temporary), {schema, table}).boolean(0, 0);
  });
}

// In the open transaction.
Trial try_out(Connection& connection, const std::string& schema, const Migration& migration) {
  Trial trial;
  connection.query("SAVEPOINT probe");
  const auto pinned = std::string(connection.query("SHOW search_path").text(0, 0));
  const auto set_path = [&](const std::string& path) {
    connection.query("SELECT pg_catalog.set_config('search_path', $1, true)", {path});
  };
  connection.query("SET LOCAL search_path TO DEFAULT");
  set_path("pg_temp, " + std::string(connection.query("SHOW search_path").text(0, 0)));
  try {
    connection.script(migration.sql);
    set_path(pinned);
    const auto rows = connection.query(std::string(sql::temporary_tables));
    for (int i = 0; i < rows.size(); ++i) trial.tables.emplace_back(rows.text(i, 0));
    // Other effects of the file than tables can't be compared with the target.
    trial.is_applied =
        only_creates_tables(migration.sql) && is_as_in_target(connection, schema, trial.tables);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::Retry) throw;
    connection.rollback("probe");
    refuse_sql(migration, error);
  }
  connection.rollback("probe");
  return trial;
}

// The conditions under which a table that the file had created may be dropped.
class Droppable {
 public:
  Droppable(Connection& connection, const std::string& schema, const Migration& migration,
            std::span<const Migration> migrations, const AppliedMigrations& applied)
      : connection_(connection),
        schema_(schema),
        migration_(migration),
        migrations_(migrations),
        applied_(applied),
        tables_(read_tables(connection, schema)) {}

  const Table& check(const std::string& name, bool lock) {
    const auto table = tables_.find(name);
    if (table == tables_.end()) throw changed(migration_, fmt::format("{} isn't loaded", shortened(name)));
    const auto& qualified = table->second.qualified;
    if (!table->second.owned) throw changed(migration_, fmt::format("{} has another owner", qualified));
    if (lock) {
      // Nobody adds rows between this check and the drop.
      connection_.query("SET LOCAL lock_timeout = '2s'");
      connection_.query(fmt::format("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", qualified));
      connection_.query("SET LOCAL lock_timeout = 0");
    }
    if (is_altered_later(name)) throw changed(migration_, fmt::format("a later file alters {}", qualified));
    return table->second;
  }

  // Why the table is in use, such as "has rows"; empty: it has no rows and was never loaded.
  std::string in_use(const Table& table) {
    if (!connection_.query(fill(sql::is_empty, {{"table", table.qualified}})).boolean(0, 0))
      return "has rows";
    const auto own = [&](const char* name) { return quoted_identifier(schema_) + "." + name; };
    const auto loaded = connection_.query(
        fill(sql::loaded_entities,
             {{"deliveries", own("loader_deliveries")}, {"entities", own("loader_delivery_entities")}}),
        {array_of(std::vector{table.name})});
    return loaded.size() == 0 ? "" : "was loaded before";
  }

 private:
  // Whether an applied later file alters the table, which dropping it would undo.
  bool is_altered_later(const std::string& table) const {
    return std::ranges::any_of(migrations_, [&](const Migration& later) {
      if (later.name <= migration_.name || !applied_.contains(later.name) || !is_entity(later)) return false;
      const auto text = lower_case(later.sql);
      return text.find("alter") != std::string::npos && text.find(lower_case(table)) != std::string::npos;
    });
  }

  Connection& connection_;
  const std::string& schema_;
  const Migration& migration_;
  std::span<const Migration> migrations_;
  const AppliedMigrations& applied_;
  std::map<std::string, Table> tables_;
};

std::vector<std::string> without(const std::vector<std::string>& names,
                                 const std::vector<std::string>& others) {
  std::vector<std::string> rest;
  std::ranges::copy_if(names, std::back_inserter(rest), [&](const std::string& name) {
    return std::ranges::find(others, name) == others.end();
  });
  return rest;
}

}  // namespace

AppliedMigrations applied_migrations(Connection& connection, const std::string& schema) {
  AppliedMigrations applied;
  if (!table_exists(connection, schema, "loader_migrations")) return applied;
  const auto rows = connection.query(
      fill(sql::migrations_applied, {{"migrations", quoted_identifier(schema) + ".loader_migrations"}}));
  for (int i = 0; i < rows.size(); ++i) {
    auto& one = applied[std::string(rows.text(i, 0))];
    one.checksum = rows.text(i, 1);
    if (!rows.null(i, 2)) one.tables = nlohmann::json::parse(rows.text(i, 2)).get<std::vector<std::string>>();
  }
  return applied;
}

std::string checksum_of(const Migration& migration) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(migration.sql.data(), migration.sql.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return hexadecimal(std::span<const unsigned char>(digest).first(size));
}

std::vector<DueMigration> due_migrations(std::span<const Migration> migrations,
                                         const AppliedMigrations& applied) {
  std::vector<DueMigration> list;
  for (const auto& migration : migrations) {
    const auto found = applied.find(migration.name);
    if (found == applied.end()) {
      list.push_back({.migration = &migration});
    } else if (const auto& checksum = found->second.checksum;
               checksum != checksum_of(migration) &&
               std::pair<std::string_view, std::string_view>(migration.name, checksum) != former_text) {
      if (!is_entity(migration)) throw changed(migration, "");
      list.push_back({.migration = &migration, .changed = true});
    }
  }
  return list;
}

Change change_of(Connection& connection, const std::string& schema, const Migration& migration,
                 std::span<const Migration> migrations, const AppliedMigrations& applied,
                 const ChangeOptions& options) {
  const auto trial = try_out(connection, schema, migration);
  if (trial.tables.empty()) throw changed(migration, "it creates no table");
  const auto known = applied.find(migration.name);
  const auto before = known == applied.end() ? std::nullopt : known->second.tables;
  const auto fresh = without(trial.tables, before.value_or(trial.tables));
  auto gone = without(before.value_or(trial.tables), trial.tables);
  std::erase_if(gone, [&](const std::string& name) { return !table_exists(connection, schema, name); });
  Change change{.tables = trial.tables, .dropped = {}};
  if (trial.is_applied && gone.empty()) {
    change.is_applied = true;
    return change;
  }
  Droppable droppable(connection, schema, migration, migrations, applied);
  const auto drop = [&](const std::string& name) {
    change.dropped.push_back(droppable.check(name, options.lock));
    return options.recreate ? "" : droppable.in_use(change.dropped.back());
  };
  // These first: their error also explains those of the others.
  for (const auto& name : gone) {
    if (const auto why = drop(name); !why.empty())
      throw gone_from_file(migration, change.dropped.back(), fresh, why);
  }
  for (const auto& name : trial.tables) {
    if (!table_exists(connection, schema, name)) continue;
    if (const auto why = drop(name); !why.empty())
      throw needs_recreate(migration, fmt::format("{} {}", change.dropped.back().qualified, why));
  }
  return change;
}

void refuse_sql(const Migration& migration, const Error& error) {
  if (error.kind() == ErrorKind::Retry || error.exit_code() == ExitCode::PermissionDenied) throw Error(error);
  // 42P07 duplicate_table.
  const auto* const hint =
      error.sqlstate() == "42P07" ? hint_of_present_table : "Correct the SQL; nothing of it was applied.";
  throw Error::configuration(fmt::format("{}: {}", migration.name, error.what()), hint)
      .with_sqlstate(error.sqlstate());
}

}  // namespace peo::target
