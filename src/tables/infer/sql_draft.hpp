// A proposal as the text of an SQL file. Pure function.
#pragma once
#include <string>

#include "tables/infer/proposed_table.hpp"

namespace peo::infer {

// `seen`: which files of what the proposal is made from, a line.
std::string draft_sql(const ProposedTable& table, const std::string& seen);

}  // namespace peo::infer
