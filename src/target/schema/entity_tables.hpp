// The tables of the schema that are loaded, and candidates that are refused: without a primary key, of an
// untrusted owner (strangers.sql), with rows of another table's files, with a name that differs from another
// one only in case, with a column whose name is reserved for the loader, or with comments that don't identify
// a table and columns of the source (base/source_names.hpp). A refusal affects only that table; its files
// wait.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

struct EntityTables {
  std::map<std::string, Table> loadable;
  std::map<std::string, Error> refused;  // by table; Fatal (78)
  std::vector<std::string> warnings;     // sentences
  SourceTables sources;                  // that comments of both name

  TableNames names() const;
};

// The relations that tell which entities were loaded before.
struct LedgerTables {
  std::string deliveries, entities;
};

struct Stranger {
  std::string relation, owner, role;  // owner and the loader's role as SQL writes them
};

// A schema in which roles may create that the loader doesn't trust; both as SQL writes them.
struct OpenSchema {
  std::string schema, creators;
};

// Those of `relations` whose owner the loader doesn't trust.
std::vector<Stranger> strangers(Connection& connection, const std::string& schema,
                                const std::vector<std::string>& relations);

// Of these schemas, an SQL array of names.
std::vector<OpenSchema> open_schemas(Connection& connection, const std::string& schemas);

// `ledger`: none where no loader has run yet.
EntityTables entity_tables(Connection& connection, const std::string& schema,
                           const std::optional<LedgerTables>& ledger);

// By the names and comments of these tables, those that are refused among them.
TableNames table_names_in(Connection& connection, const std::string& schema);

}  // namespace peo::target
