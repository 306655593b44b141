// Primary keys that change inside one delivery: deletes of an old key under which the delivery has meanwhile
// written another row.
//
// One statement can swap keys: the row of key 1 gets key 2, and the row of key 2 gets key 1. PostgreSQL (with
// a deferrable key) and Oracle allow that. The file then has "delete 1, write 2; delete 2, write 1". Applied
// in that order, the second delete would remove the row that the first change has written. The table shows
// which keys existed before.
#pragma once
#include <string>

#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

// Removes such deletes from the staging table. Before the last row for each key is chosen.
void drop_stale_deletes(Connection& connection, const Table& table, const std::string& staging);

}  // namespace peo::target
