// The SQL that creates the target's tables: the loader's own, always; the entities' from a directory (or the
// three that are shipped). Each file is applied once, all that are due in one transaction, and is recorded
// with its SHA-256 in loader_migrations. A file that was changed after it had been applied is Fatal (78),
// unless it is an entity's whose tables are empty and were never loaded, or `recreate` is given: then they
// are dropped and created again (recreate_table.hpp).
#pragma once
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "target/postgres/connection.hpp"

namespace peo::target {

struct Migration {
  std::string name;  // "loader/001_loader.sql", "entities/001_strategies.sql"
  std::string sql;
};

// Whether it is a file of ENTITIES, not one of the loader's own.
inline bool is_entity(const Migration& migration) { return migration.name.starts_with("entities/"); }

// The loader's, then the entities': `entities` is "shipped" (the shipped three), "none", or a directory of
// *.sql files.
std::vector<Migration> migrations_of(const std::string& entities);

// Those of `migrations` that are the loader's own; they come first.
std::span<const Migration> own_migrations(std::span<const Migration> migrations);
// Without those of the entities that aren't of one of these tables (names in lower case):
// "entities/002_orders.sql" is of "orders".
std::vector<Migration> only_of_tables(std::vector<Migration> migrations,
                                      const std::vector<std::string>& tables);

struct MigrateOptions {
  bool recreate = false;  // also tables that have rows or were loaded
  bool notifications = true;
  std::function<void(const std::string& loss)> on_recreated = [](const std::string&) {};  // a sentence
};

// Applies the due migrations in the schema, and returns their names.
std::vector<std::string> migrate(Connection& connection, const std::string& schema,
                                 std::span<const Migration> migrations, const MigrateOptions& options = {});

// Those that migrate() would apply.
std::vector<Migration> migrations_due(Connection& connection, const std::string& schema,
                                      const std::vector<Migration>& migrations);

// For a dry run: creates what migrate() would create as temporary tables in the open transaction, and records
// nothing.
void create_temporary(Connection& connection, const std::string& schema,
                      const std::vector<Migration>& migrations);

}  // namespace peo::target
