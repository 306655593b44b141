// SCHEMA_DRIFT=add: columns that a file's header names and the table hasn't, added to the table as nullable
// text, in the delivery's own transaction, so that a delivery that fails leaves none.
//
// A table that gets a column is locked against readers until the commit. So it gets it behind the last of the
// delivery's rows, when nothing but the server is waited for, and who uses the table meanwhile is waited for
// no longer than a moment.
#pragma once
#include <string>
#include <vector>

#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

// Throws what add_to_table() would: Fatal (77) when the loader's role doesn't own the table, BadDelivery when
// a column of that name stands there that no file can fill, Retry when somebody else has added it since the
// table was read (the connection is closed then, so that everything is read anew). Changes nothing.
void check_new_columns(Connection& connection, const Table& table, const std::vector<std::string>& names);

// Retry when another session doesn't let go of the table.
void add_to_table(Connection& connection, const Table& table, const std::vector<std::string>& names);

// A temporary table of the session, which is asked for nothing.
void add_to_temporary(Connection& connection, const std::string& relation,
                      const std::vector<std::string>& names);

// "a", "b": for people.
std::string column_names_text(const std::vector<std::string>& names);

}  // namespace peo::target
