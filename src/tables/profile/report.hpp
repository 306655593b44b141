// The reports of `profile` in three formats. Pure functions of the same statistics. The reports contain
// values from the files and are as confidential as those.
#pragma once
#include <string>
#include <vector>

#include "tables/survey/table_survey.hpp"

namespace peo::profile {

std::string text_report(const std::vector<survey::TableSurvey>& surveys);
std::string json_report(const std::vector<survey::TableSurvey>& surveys);
// A self-contained page without scripts, fonts or links. `origin`: where the tables were read from.
std::string html_report(const std::vector<survey::TableSurvey>& surveys, const std::string& origin);

}  // namespace peo::profile
