// Migrations that are due, and what those of them ask for that were changed after they had been applied, as a
// draft that turned out wrong.
//
// A changed file may have the tables of before dropped and its own created: those that it creates still, and
// those that it has created and names no more, as one that was renamed in the file. Which those are is
// recorded (loader_migrations.tables). Nothing is asked for where the target's tables are already as the file
// creates them: it was renamed in the target too, or only its SQL comments were edited.
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
  std::optional<std::vector<std::string>> tables;  // that it created; not known of earlier versions
};
using AppliedMigrations = std::map<std::string, AppliedMigration>;  // by name

// None where the schema has no loader_migrations.
AppliedMigrations applied_migrations(Connection& connection, const std::string& schema);

bool is_entity(const Migration& migration);
std::string checksum_of(const Migration& migration);

struct DueMigration {
  const Migration* migration = nullptr;
  bool changed = false;  // after it had been applied
};
// Those that are not applied yet, and those of the entities that have changed since. Fatal (78) when one of
// the loader's own has.
std::vector<DueMigration> due_migrations(std::span<const Migration> migrations,
                                         const AppliedMigrations& applied);

struct Change {
  std::vector<std::string> tables;  // that the file creates
  std::vector<Table> dropped;       // tables of before, to be dropped first
  bool is_applied = false;  // the target's tables are as the file creates them: there is nothing to do
};
struct ChangeOptions {
  bool lock = false;      // the dropped tables, against others, until the transaction's end
  bool recreate = false;  // also tables that have rows or were loaded
};
// In a transaction. Fatal (78) unless what is to be dropped is the loader's and, without `recreate`, empty
// and never loaded; the hint names the ways out.
Change change_of(Connection& connection, const std::string& schema, const Migration& migration,
                 std::span<const Migration> migrations, const AppliedMigrations& applied,
                 const ChangeOptions& options);

// What PostgreSQL refused of a migration's SQL: configuration, not bad data.
[[noreturn]] void refuse_sql(const Migration& migration, const Error& error);
inline constexpr const char* hint_of_present_table =
    "If the table is somebody else's and ready for the loader, set ENTITIES=none (or a folder without this "
    "file).";

}  // namespace peo::target
