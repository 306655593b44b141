// Names that the SQL of ENTITIES can't give its tables and columns, found before it is tried: PostgreSQL's
// refusal would tell neither file nor way out, and a run's first file would be the first to show it.
#pragma once
#include <string>

#include "target/postgres/connection.hpp"

namespace peo::target {

// Throws Fatal (78) when a table that `sql` creates is called as one of the loader's own or, without a
// schema, as a relation of PostgreSQL's, or when a column of it is called as a system column. `file`: for
// people.
void check_names(Connection& connection, const std::string& file, const std::string& sql);

}  // namespace peo::target
