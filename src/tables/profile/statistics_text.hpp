// Formats the statistics of a column for display. Pure functions.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tables/survey/table_survey.hpp"

namespace peo::profile {

// The kind of most of a column's values: "integers", "timestamps", "0 or 1", "no values".
std::string kind_of(const survey::ColumnStats& facts);
bool holds_times(const survey::ColumnStats& facts);  // all values are dates or timestamps

std::string number_text(double value);                   // 1,234.5
std::string time_text(double seconds, bool with_clock);  // 2022-09-22 or 2022-09-22 09:58
std::string percent(std::uint64_t part, std::uint64_t whole);
std::string bytes_text(std::uint64_t bytes);

// A value for a table or a label: control characters are made visible, at most `most` characters.
std::string shown(const std::string& value, std::size_t most = 40);

struct Quantiles {
  double least = 0, lower = 0, median = 0, upper = 0, most = 0;
};
Quantiles quantiles_of(const survey::NumberSample& sample);

struct Bin {
  double from = 0, to = 0;
  double share = 0;  // of all values
};
// Bins of equal width. If a few values are outliers, the bins cover the middle 99 %.
std::vector<Bin> histogram(const survey::NumberSample& sample, std::size_t bins);

// "orders: order_id, sent_at"
std::string key_text(const survey::TableSurvey& survey);

}  // namespace peo::profile
