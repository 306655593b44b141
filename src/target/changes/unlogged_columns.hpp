// Columns that the source's log doesn't have (FORMAT's no_sup_value): a row that has no value for a column
// leaves it as it is. Its value is that of the last earlier row of the same delivery that has one, under the
// same key or the key that the row had before it changed, else the table's.
//
// Within the delivery's transaction, or a dry run's, before its rows are applied. One thread.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "target/changes/row_isolation.hpp"
#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

// Fills the last row for each key in `staging`. Returns rows for which there is no value: neither an earlier
// row nor the table has a row to keep it from. NULL would be a value that the source may not have. At most
// `most` rows are returned. Call before drop_stale_deletes(), which removes what distinguishes the rows of a
// key. `table`: with the file's columns (Table::projected).
std::vector<RefusedChange> fill_unlogged(Connection& connection, const Table& table,
                                         const std::string& staging, std::size_t most);

// A late file's rows lose to the rows of a newer delivery, in `superseding`, only the columns that those have
// values for.
void supersede_logged(Connection& connection, const Table& table, const std::string& staging,
                      const std::string& superseding);

}  // namespace peo::target
