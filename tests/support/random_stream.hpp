// Random tables, and random files of changes for them, from a seed: keys of many types, each key written in
// every way that PostgreSQL takes for the same, repeated keys, deletes of absent rows, updates that change
// nothing, files of all sizes. What must come of them is for ApplyOracle to say.
#pragma once
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace peo::test {

struct StreamColumn {
  std::string name, type;
  bool key = false, not_null = false;
  bool exact = true;  // "=" tells all differences of the type; else its text does
};

struct StreamTable {
  std::string name;
  std::vector<StreamColumn> columns;  // in the file's order
  std::vector<std::size_t> key;       // columns, in the key's order
  bool partitioned = false;

  std::string sql() const;  // makes it, with the loader's columns
};

struct StreamField {
  std::string file;                  // as the file has it, quotes and all
  std::optional<std::string> value;  // what the column's input function is to read; none: NULL
};

struct StreamRow {
  char operation = 'I';
  std::vector<StreamField> fields;
};

struct StreamFile {
  std::size_t table = 0;
  std::string object_key;
  bool with_operation = true;
  std::vector<StreamRow> rows;

  std::string text() const;
};

struct RandomStream {
  std::vector<StreamTable> tables;
  std::vector<StreamFile> files;  // by table, and in it in the order of application
};

// SQL that the types of the tables need; once in a database.
std::string stream_types_sql();
RandomStream random_stream(std::uint32_t seed);

}  // namespace peo::test
