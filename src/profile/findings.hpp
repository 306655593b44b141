// What a person should look at in a table, as sentences. Pure functions.
#pragma once
#include <string>
#include <vector>

#include "survey/table_survey.hpp"

namespace peo::profile {

std::vector<std::string> findings_of(const survey::ColumnFacts& facts);
// Of the table as a whole: its key, its files.
std::vector<std::string> findings_of(const survey::TableSurvey& survey);

}  // namespace peo::profile
