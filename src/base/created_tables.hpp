// The tables that SQL text creates, as far as the text itself shows it, without a server: CREATE TABLE with
// its columns, COMMENT ON TABLE, ALTER TABLE ... RENAME TO. What a DO block, a function or CREATE TABLE AS
// does isn't seen, temporary tables are left out, and text that PostgreSQL would refuse gives what can be
// made out. Names are as PostgreSQL keeps them: folded unless they are quoted, cut to 63 bytes. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace peo {

struct CreatedTable {
  std::string schema;  // empty: the first of the search path
  std::string name;
  std::vector<std::string> columns{};
  std::string comment{};  // its last one
};

// Adds to those that earlier texts have created, and changes them.
void read_created_tables(std::string_view sql, std::vector<CreatedTable>& tables);
std::vector<CreatedTable> created_tables(std::string_view sql);

// Whether the text has nothing but definitions of tables, of their indexes and comments on both.
bool only_creates_tables(std::string_view sql);

}  // namespace peo
