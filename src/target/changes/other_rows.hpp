// In tables whose primary key is wider than the source's (Table::wider_than_source): a change may have
// another value than the table for a column that only the table's key has. At the source, that is one row;
// here it would become a second one. So the row under the former key is removed, as if the file had the old
// key.
//
// Within the delivery's transaction, or a dry run's, when all keys in the staging table are complete
// (partial_keys.hpp). One thread.
#pragma once
#include <cstdint>
#include <string>

#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

// Turns the other rows of the same source keys into deletes. Those of the table are added to `staging` after
// row number `last`, so that each removal has its own event_id; returns how many.
std::uint64_t remove_other_rows(Connection& connection, const Table& table, const std::string& staging,
                                std::uint64_t last);

}  // namespace peo::target
