// What `profile` says of some tables, in three forms. Pure functions of the same figures. The forms hold
// values from the files: they are as confidential as those.
#pragma once
#include <string>
#include <vector>

#include "tables/survey/table_survey.hpp"

namespace peo::profile {

std::string text_report(const std::vector<survey::TableSurvey>& surveys);
std::string json_report(const std::vector<survey::TableSurvey>& surveys);
// One page that needs nothing else: no script, no font, no address. `origin` is what the tables were read
// from.
std::string html_report(const std::vector<survey::TableSurvey>& surveys, const std::string& origin);

}  // namespace peo::profile
