// Keys that change inside one delivery, weighed against each other before the changes are compacted.
//
// A row moves from key 1 to 2, and the row of key 2 to 1: by statement, which PostgreSQL (with a deferrable
// key) and Oracle allow. The file says "1 is gone, 2 is written; 2 is gone, 1 is written": taken one after
// the other the second would remove what the first has written. What stood there before, says the table.
#pragma once
#include <string>

#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

// Takes those removals out of the staging rows.
void drop_stale_deletes(Connection& connection, const Table& table, const std::string& staging);

}  // namespace peo::target
