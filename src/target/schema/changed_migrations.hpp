// Which migrations are due, and what is to be done for files of ENTITIES that were changed after they had
// been applied, such as a draft that turned out to be wrong.
//
// For a changed file, tables are dropped and created again: those that it still creates, and those that it
// created and no longer names, for example because one was renamed in the file (loader_migrations.tables
// records them). Nothing is to be done if the target's tables already match the file: the table was renamed
// in the target too, or only SQL comments were edited.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "target/postgres/connection.hpp"
#include "target/schema/migrations.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

struct AppliedMigration {
  std::string checksum;
  std::optional<std::vector<std::string>> tables;  // that it created; none: an earlier version applied it
};
using AppliedMigrations = std::map<std::string, AppliedMigration>;  // by name

// Empty if the schema has no loader_migrations.
AppliedMigrations applied_migrations(Connection& connection, const std::string& schema);

std::string checksum_of(const Migration& migration);

struct DueMigration {
  const Migration* migration = nullptr;
  bool changed = false;  // after it had been applied
};
// Those that have not been applied yet, and those of the entities that have changed since. Fatal (78) if one
// of the loader's own has changed.
std::vector<DueMigration> due_migrations(std::span<const Migration> migrations,
                                         const AppliedMigrations& applied);

struct Change {
  std::vector<std::string> tables;  // that the file creates
  std::vector<Table> dropped;       // existing tables, to be dropped first
  bool is_applied = false;          // the target's tables already match the file: nothing is to be done
};
struct ChangeOptions {
  bool lock = false;      // the tables to be dropped, until the transaction ends
  bool recreate = false;  // also tables that have rows or were loaded
};
// In a transaction. Fatal (78) unless the tables to be dropped are the loader's and, without `recreate`,
// empty and never loaded; the hint has the possible solutions.
Change change_of(Connection& connection, const std::string& schema, const Migration& migration,
                 std::span<const Migration> migrations, const AppliedMigrations& applied,
                 const ChangeOptions& options);

// For SQL of a migration that PostgreSQL refused: an error of the configuration, not bad data.
[[noreturn]] void refuse_sql(const Migration& migration, const Error& error);
inline constexpr const char* hint_of_present_table =
    "If the table was created from a directory of SQL files, set ENTITIES (--tables) to that directory. If "
    "it was "
    "created by other means and is ready for the loader, set ENTITIES=none (or a directory without this "
    "file).";

}  // namespace peo::target
