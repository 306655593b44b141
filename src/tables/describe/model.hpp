// The tables as documents show them: from the catalog, with the relations that comments declare.
//
// A relation is declared by "References table.column." in a column's comment, not by a foreign key: files of
// different tables arrive in no common order, so the server would reject rows whose parents aren't loaded
// yet. Pure.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/source_names.hpp"
#include "base/table_columns.hpp"

namespace peo::describe {

struct Reference {
  std::string table, column;
};

struct Column {
  std::string name;
  std::string type;  // as SQL writes it
  bool not_null = false;
  int key_position = 0;  // 1, 2, … in the primary key; 0: not in it
  std::string comment;   // whole
  bool generated = false;
  std::string example{};  // as the files have it; empty: none

  std::optional<Reference> reference() const;
  std::vector<std::string> sources() const;  // its names at the source, where the comment names any
  std::string meaning() const;  // the comment without the words that declare a relation or that name
  bool loaders_own() const { return name == "event_id" || name == "delivery_id"; }
  bool in_files() const { return !loaders_own() && !generated; }
};

struct Table {
  std::string name;
  std::string comment;
  bool entity = true;      // else one of the loader's own
  std::string location{};  // "dbo/orders/", if the source has it
  std::vector<Column> columns;
  std::optional<SourceTable> source() const;  // that the comment names
  std::string meaning() const;                // the comment without it
  const Column* column(const std::string& wanted) const;
  TableColumns files_columns() const;  // those that files carry
};

struct Relation {
  const Table* from = nullptr;
  const Column* column = nullptr;
  const Table* to = nullptr;
  Reference reference;
};

struct Model {
  std::vector<Table> tables;
  const Table* table(const std::string& name) const;
  TableNames entities() const;  // with the tables of the source that their comments name
  // Declared relations whose table exists; `dangling` returns the others.
  std::vector<Relation> relations() const;
  std::vector<std::string> dangling() const;  // "orders.account_id: there is no accounts.account_id"
  // The number of relations from the table to one that depends on no other; loops count once.
  std::size_t depth(const Table& table) const;
  // Entities before the loader's tables, each after those that it refers to, otherwise by name.
  void sort();
};

// How AWS DMS renders values of the type in the files.
std::string source_rendering(const Column& column);

}  // namespace peo::describe
