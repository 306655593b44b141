// Which columns identify a row at the source, where that is not the whole primary key. A table that is
// distributed by another column than the source's key has that column in its primary key, too, and a delete
// of AWS DMS carries only the source's key. The table's comment declares it:
//   COMMENT ON TABLE executions IS 'Execution reports. Source key: exec_id.';
// Several columns are separated by commas; a name in double quotes may hold any character. Pure functions.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

// The names after "Source key:". None: the comment doesn't have these words. Empty: no name follows.
std::optional<std::vector<std::string>> source_key(std::string_view comment);

// Sets Column::identifies of the primary key's columns by Table::source_key.
void mark_source_key(Table& table);

// Why the declaration can't be used: a name that is no column of the primary key. Nothing: it can, or there
// is none.
std::optional<Error> unusable_source_key(const Table& table);

}  // namespace peo::target
