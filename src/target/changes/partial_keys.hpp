// Deletes and updates that carry only the columns that identify a row at the source (schema/source_key.hpp):
// the rest of the primary key is that of the last earlier row of the delivery with the same source key, else
// the table's.
//
// Within the delivery's transaction, or a dry run's, before anything else reads the staging table. One
// thread.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "target/changes/row_isolation.hpp"
#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

// Completes the keys in `staging`. A delete that finds no row is removed from it: it has no effect. Returns
// rows that can't be completed: updates that find no row, and changes that find several. At most `most` are
// returned.
std::vector<RefusedChange> complete_keys(Connection& connection, const Table& table,
                                         const std::string& staging, std::size_t most);

}  // namespace peo::target
