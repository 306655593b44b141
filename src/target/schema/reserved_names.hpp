// Finds names that tables and columns in the SQL of ENTITIES can't have, before the SQL is executed:
// PostgreSQL's error would have neither the file nor a hint, and some names would fail only with the first
// file to load.
#pragma once
#include <string>

#include "target/postgres/connection.hpp"

namespace peo::target {

// Throws Fatal (78) if a table that `sql` creates has the name of one of the loader's own or, without a
// schema, of a relation in pg_catalog, or if one of its columns has the name of a system column. `file`: for
// display.
void check_names(Connection& connection, const std::string& file, const std::string& sql);

}  // namespace peo::target
