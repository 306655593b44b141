// The tables that SQL text creates, found without a server: CREATE TABLE with its columns, COMMENT ON TABLE,
// ALTER TABLE ... RENAME TO. The effects of DO blocks, functions and CREATE TABLE AS are not recognized, and
// temporary tables are ignored. Of invalid SQL, the recognizable statements are returned. Names are as in
// PostgreSQL's catalogue: folded unless they are quoted, truncated to 63 bytes. Pure functions.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/source_names.hpp"

namespace peo {

struct CreatedTable {
  std::string schema;  // empty: the first in the search path
  std::string name;
  std::vector<std::string> columns{};
  std::string comment{};  // the last one
};

// Adds to and changes the tables that earlier texts created.
void read_created_tables(std::string_view sql, std::vector<CreatedTable>& tables);
std::vector<CreatedTable> created_tables(std::string_view sql);

// Their names, with those at the source that comments declare.
TableNames names_of(const std::vector<CreatedTable>& tables);

// Whether the text only defines tables and indexes, and comments on tables and columns.
bool only_creates_tables(std::string_view sql);

}  // namespace peo
