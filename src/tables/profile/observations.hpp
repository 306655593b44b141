// The findings about a table that a person should check, as sentences. Pure functions.
#pragma once
#include <string>
#include <vector>

#include "tables/survey/table_survey.hpp"

namespace peo::profile {

std::vector<std::string> observations_of(const survey::ColumnStats& facts);
// Of the table as a whole: its key and its files.
std::vector<std::string> observations_of(const survey::TableSurvey& survey);

}  // namespace peo::profile
