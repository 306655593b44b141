// SCHEMA_DRIFT=add: columns that a file's header names and the table lacks are added to the table, as
// nullable, of the types of new_column_types.hpp, in the delivery's own transaction. A delivery that fails
// leaves none.
//
// A table that gets a column is locked against readers until the commit. So the column is added after the
// last of the delivery's rows, when only the server is waited for, and the lock is not waited for longer than
// two seconds.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

// Throws what add_to_table() would: Fatal (77) when the loader's role doesn't own the table, BadDelivery when
// the table has a column of that name that no file can fill, Retry when somebody else has added the column
// since the table was read (the connection is then closed, so that everything is read again). Changes
// nothing.
void check_new_columns(Connection& connection, const Table& table, const std::vector<std::string>& names);

// Which deliveries the columns of `tables` were added for (Column::added_by). `added_columns`: the qualified
// loader_added_columns.
void read_added_columns(Connection& connection, const std::string& added_columns,
                        std::map<std::string, Table>& tables);
void record_added_columns(Connection& connection, const std::string& added_columns, const Table& table,
                          const std::vector<NewColumn>& columns, std::uint64_t delivery_id);

// Retry when another session keeps the table locked.
void add_to_table(Connection& connection, const Table& table, const std::vector<NewColumn>& columns);

// The same for a temporary table of the session, as text, without checks and without a lock.
void add_to_temporary(Connection& connection, const std::string& relation,
                      const std::vector<std::string>& names);
// Gives them their types.
void retype_temporary(Connection& connection, const std::string& relation,
                      const std::vector<NewColumn>& columns);

// For messages: the columns "a", "b".
std::string column_names_text(const std::vector<std::string>& names);
// The columns "a" text, "b" bigint.
std::string new_columns_text(const std::vector<NewColumn>& columns);

}  // namespace peo::target
