// An entity table as PostgreSQL's catalogue describes it: nothing is guessed from data. Its columns are the
// file's, in order: the table's own without event_id, delivery_id and generated ones. Plain values; reading
// them needs the connection's thread.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/source_names.hpp"
#include "base/table_columns.hpp"
#include "decode/change.hpp"
#include "target/postgres/connection.hpp"

namespace peo::target {

struct Column {
  std::string name;
  std::string type;         // as SQL writes it: numeric(18,8)
  std::string plain_type;   // the type without its modifier: numeric
  std::string domain_base;  // of a domain: its base type, with its modifier; else empty
  bool is_array = false;
  char kind = 'b';        // pg_type.typtype, of a domain its base's
  std::string base_type;  // pg_type.typname, of a domain its base's: "int4", "bytea"
  bool is_text = false;   // of PostgreSQL's string category
  bool not_null = false;
  // "=" calls two values equal only if they are stored as the same bytes.
  bool equal_is_same = false;
  bool deterministic = true;           // its collation calls no two different texts equal
  bool identity_always = false;        // GENERATED ALWAYS AS IDENTITY: an UPDATE cannot give it a value
  int key_position = 0;                // 1, 2, … in the primary key; 0: not in it
  bool identifies = false;             // a column of the key that tells the source's rows apart
  std::uint64_t added_by = 0;          // the delivery that SCHEMA_DRIFT=add added it for; 0: none
  std::string key_operator{"="};       // that of the key's index: "=", or OPERATOR(schema.=)
  std::vector<std::string> sources{};  // its comment's names of it (base/source_names.hpp)

  // SQL: whether two values of the column are stored as different bytes, NULLs included.
  std::string differs(const std::string& a, const std::string& b) const;
  std::string image(const std::string& alias) const;  // SQL: its value, to be compared in a record

  friend bool operator==(const Column&, const Column&) = default;
};

// A column as the loader adds it: nullable, of one of the types of new_column_types.hpp.
Column added_column(const NewColumn& column, std::uint64_t added_by = 0);

struct Table {
  std::string name;
  std::string qualified;    // quoted, with its schema
  std::string permanent{};  // the same for people: of the table itself, where an overlay takes its place
  std::optional<SourceTable> source{};                   // its comment's name of it
  std::optional<std::vector<std::string>> source_key{};  // that its comment declares (source_key.hpp)
  std::vector<Column> columns;
  bool partitioned = false;
  bool owned = false;  // by the loader's role: it may drop and create indexes
  // A change of one row has no effect on others, and no other row can make the server refuse it: changes of
  // different keys may be applied in any order.
  bool independent_rows = false;
  bool other_unique = false;  // a unique index or an exclusion constraint beside the primary key
  // A foreign key points at it that does more on a delete than refuse an orphan: CASCADE, SET NULL, RESTRICT.
  bool deletes_act = false;
  bool columnar = false;  // Citus columnar: rows can be added, not changed
  bool temporal_key =
      false;  // its primary key is one WITHOUT OVERLAPS (PostgreSQL 18), so no column has a key_position

  // The table with only the columns that the file carries, in the file's order. Statements made from it don't
  // touch the other columns. A column that the table lacks is included, as it would be added.
  Table projected(const decode::ColumnMapping& carried) const;
  // Columns that the file carries and the table lacks.
  std::vector<std::string> missing_columns(const decode::ColumnMapping& carried) const;
  TableColumns file_columns() const;

  // SQL text made of quoted identifiers, for the statements of apply.sql.
  std::string column_list(const std::string& alias = {}) const;  // "a", "b"
  // The same as expressions without domains: a staging table must hold what a domain may refuse (a delete row
  // has nothing but its key).
  std::string base_type_columns() const;
  std::string key_list(const std::string& alias = {}) const;  // the key's columns, in the key's order
  std::string same_key(const std::string& a, const std::string& b) const;  // a."k" = b."k" AND …
  std::string key_json(const std::string& alias) const;                    // 'k', a."k", …
  // Of the key, only the columns that identify a row at the source: usually all.
  std::string source_key_list() const;
  std::string same_source_key(const std::string& a, const std::string& b) const;
  bool wider_than_source() const;  // its key has other columns, too
  // Wider, and the index of the primary key finds rows by the source's key: its columns come first.
  bool source_key_leads() const;
  // "a" = excluded."a", …, event_id, delivery_id. With the columns of the key whose values can be equal and
  // not the same.
  std::string assignments() const;
  // Whether a column, of the key or not, is stored otherwise.
  std::string differs(const std::string& a, const std::string& b) const;

  // Whether an upsert has added a row. One that it inserted has no xmax; one that it updated was locked
  // first. RETURNING can't read xmax through a partitioned table: there a CTE, `present`, has the keys that
  // existed before.
  std::string present_rows() const;                       // that CTE, to follow `last`; or nothing
  std::string new_row(const std::string& alias) const;    // in RETURNING of the upsert into `alias`
  std::string is_new(const std::string& upserted) const;  // of the rows that it returned

  std::vector<const Column*> key() const;  // in the key's order
  // Rows can't be updated, only deleted and inserted again: a column beside the key is GENERATED ALWAYS AS
  // IDENTITY.
  bool cannot_update() const;

  friend bool operator==(const Table&, const Table&) = default;
};

// The quoted name of a column that only the loader's statements and temporary tables have: "Loader: row". It
// begins with an upper-case letter, so that no column is added under it (SCHEMA_DRIFT=add gives lower-case
// names), and a table that has such a column is refused (entity_tables.hpp).
std::string own_column(const std::string& name);
bool is_own_column(std::string_view name);

// An identifier in double quotes. A literal in single quotes (for names as JSON keys; never for values).
std::string quoted_identifier(std::string_view name);
std::string quoted_literal(std::string_view text);

// No schema: among the session's temporary tables.
bool table_exists(Connection& connection, const std::optional<std::string>& schema, const std::string& table);

std::uint64_t count_rows(Connection& connection, const std::string& qualified);

// All tables of the schema (and of the session's temporary schema, for a dry run) that have the loader's
// columns, also such that can't be loaded (entity_tables.hpp).
std::map<std::string, Table> read_tables(Connection& connection, const std::string& schema);

std::vector<std::string> names_of(const std::map<std::string, Table>& tables);

}  // namespace peo::target
