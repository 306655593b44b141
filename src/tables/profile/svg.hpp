// Plots as SVG text, coloured by classes of the page's style sheet. Every bar has its number in a <title>,
// which browsers show and screen readers read. Pure functions.
#pragma once
#include <string>
#include <vector>

#include "tables/profile/statistics_text.hpp"
#include "tables/survey/table_survey.hpp"

namespace peo::profile {

std::string histogram_svg(const std::vector<Bin>& bins, bool times, const std::string& what);
// Inserts, updates and deletes stacked, over time.
std::string operations_svg(const survey::TableSurvey& survey);

}  // namespace peo::profile
