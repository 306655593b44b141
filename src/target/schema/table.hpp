// An entity table as PostgreSQL's catalogue describes it: nothing is guessed from data.
// Columns are the file's, in order: the table's own without event_id, delivery_id and generated ones.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/table_columns.hpp"
#include "decode/change.hpp"
#include "target/postgres/connection.hpp"

namespace peo::target {

struct Column {
  std::string name;
  std::string type;         // as SQL writes it: numeric(18,8)
  std::string plain_type;   // the type without its modifier: numeric
  std::string domain_base;  // of a domain: the type below it, with its modifier; else empty
  bool is_array = false;
  char kind = 'b';        // pg_type.typtype, of a domain its base's
  std::string base_type;  // pg_type.typname, of a domain its base's: "int4", "bytea"
  bool is_text = false;   // of PostgreSQL's string category
  bool not_null = false;
  bool comparable = false;  // values can be compared exactly with =
  int key_position = 0;     // 1, 2, … in the primary key; 0: not in it
};

// As the loader adds one: nullable text.
Column text_column(const std::string& name);

struct Table {
  std::string name;
  std::string qualified;  // quoted, with its schema
  std::vector<Column> columns;
  bool partitioned = false;
  bool owned = false;  // by the loader's role: it may drop and build indexes
  // What is done to one row has no effect on others, and no other row can refuse it: changes of different
  // keys may be done in any order.
  bool independent_rows = false;

  // The table as a file shows it: only the columns that the file carries, in the file's order. All that is
  // made of it leaves the other columns alone.
  // A column that the table missing_columns is among them as it would be added.
  Table projected(const decode::ColumnMapping& carried) const;
  // Columns that the file carries and the table hasn't got.
  std::vector<std::string> missing_columns(const decode::ColumnMapping& carried) const;
  TableColumns file_columns() const;

  // SQL text made of quoted identifiers, for the statements of apply.sql.
  std::string column_list() const;  // "a", "b"
  // The same as expressions without domains: rows of an staging table may hold what a domain refuses (a
  // delete row holds nothing but its key).
  std::string base_type_columns() const;
  std::string key_list() const;  // the key's columns, in the key's order
  std::string same_key(const std::string& a, const std::string& b) const;  // a."k" = b."k" AND …
  std::string key_json(const std::string& alias) const;                    // 'k', a."k", …
  std::string assignments() const;  // "a" = excluded."a", …, event_id, delivery_id
  std::string differs(const std::string& a,
                      const std::string& b) const;  // some column that isn't in the key differs

  // In RETURNING of an upsert into `alias`: whether the row was added. A row that the statement inserted has
  // no xmax; one that it updated was locked first. A partitioned table can't show it: there the snapshot says
  // what was there.
  std::string is_new(const std::string& alias) const;

  std::vector<const Column*> key() const;  // in the key's order
};

// An identifier in double quotes. A literal in single quotes (for names as JSON keys; never for values).
std::string quoted_identifier(std::string_view name);
std::string quoted_literal(std::string_view text);

// No schema: among the session's temporary tables.
bool table_exists(Connection& connection, const std::optional<std::string>& schema, const std::string& table);

std::uint64_t count_rows(Connection& connection, const std::string& qualified);

// All entity tables of the schema (and of the session's temporary schema, for a dry run). A table with the
// loader's columns but no primary key: Fatal (78).
std::map<std::string, Table> read_tables(Connection& connection, const std::string& schema);

std::vector<std::string> names_of(const std::map<std::string, Table>& tables);

}  // namespace peo::target
