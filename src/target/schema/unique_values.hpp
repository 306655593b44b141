// What, besides the primary key, keeps the rows of a table apart: unique indexes and exclusion constraints,
// as SQL for statements that look for rows in conflict.
#pragma once
#include <string>
#include <vector>

#include "target/postgres/connection.hpp"

namespace peo::target {

struct UniqueValues {
  std::string index;        // its qualified name
  std::string values;       // SELECT list: the indexed expressions, named
  std::string same_values;  // whether rows t and s, read with these, can't both be in the table
};

std::vector<UniqueValues> unique_values(Connection& connection, const std::string& qualified_table);

}  // namespace peo::target
