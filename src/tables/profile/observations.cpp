#include "tables/profile/observations.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tables/profile/statistics_text.hpp"
#include "tables/survey/grouped.hpp"

namespace peo::profile {
namespace {

using survey::ColumnStats;
using survey::counted;
using survey::grouped;

void mixed_kinds(const ColumnStats& facts, std::vector<std::string>& found) {
  using survey::Kind;
  const auto kind = std::max_element(facts.of_kind.begin(), facts.of_kind.end());
  const auto others = facts.values() - *kind;
  const auto most = static_cast<Kind>(kind - facts.of_kind.begin());
  // A date among timestamps or an integer among decimals is the same kind, written shorter.
  if (others == 0 || facts.ordered_by_value() || facts.all_hex == facts.values() || most == Kind::Text)
    return;
  if (*kind * 10 < facts.values() * 9) return;
  found.push_back(fmt::format("{} of {} values are not {}", grouped(others), grouped(facts.values()),
                              survey::to_string(most)));
}

// A minimum or maximum that is further from the quartiles than ten times the interquartile range.
void outliers(const ColumnStats& facts, std::vector<std::string>& found) {
  if (!facts.ordered_by_value() || facts.numbers.seen() < 100) return;
  const auto sorted = facts.numbers.sorted();
  const double lower = survey::quantile(sorted, 0.25);
  const double upper = survey::quantile(sorted, 0.75);
  const double reach = 10 * (upper - lower);
  if (reach <= 0) return;
  const auto far = [&](const char* which, const std::string& value) {
    const bool within_days = upper - lower < 5 * 86'400;
    const auto edge = [&](double x) {
      return holds_times(facts) ? time_text(x, within_days) : number_text(x);
    };
    found.push_back(
        fmt::format("the {}, {}, is far from the other values: half of them are between {} and {}", which,
                    value, edge(lower), edge(upper)));
  };
  if (*facts.most_number > upper + reach) far("maximum", facts.most());
  if (*facts.least_number < lower - reach) far("minimum", facts.least());
}

}  // namespace

std::vector<std::string> observations_of(const ColumnStats& facts) {
  std::vector<std::string> found;
  if (facts.rows > 0 && facts.values() == 0) {
    found.emplace_back("always NULL");
    return found;
  }
  if (facts.values() > 1 && facts.distinct.exact() && facts.distinct.count() == 1)
    found.push_back(fmt::format("constant: {}", shown(facts.least())));
  mixed_kinds(facts, found);
  outliers(facts, found);
  if (facts.leading_zeros > 0)
    found.push_back(
        fmt::format("{} with leading zeros: possibly codes", counted(facts.leading_zeros, "number")));
  if (facts.negative > 0 && facts.negative * 100 < facts.values())
    found.push_back(
        fmt::format("{} among {}", counted(facts.negative, "negative value"), grouped(facts.values())));
  if (facts.null_words > 0 && facts.null_words < facts.nulls)
    found.push_back(fmt::format("NULL has two forms: {} as the word NULL, {} as an empty field",
                                grouped(facts.null_words), grouped(facts.nulls - facts.null_words)));
  for (std::size_t i = 0; i < survey::oddities; ++i) {
    const auto& odd = facts.odd[i];
    if (odd.count == 0) continue;
    found.push_back(fmt::format("{} {}, such as “{}”", counted(odd.count, "value"),
                                survey::to_string(static_cast<survey::Oddity>(i)), shown(odd.example)));
  }
  return found;
}

std::vector<std::string> observations_of(const survey::TableSurvey& survey) {
  std::vector<std::string> found = survey.shape.doubts;
  if (survey.files.unknown > 0)
    found.push_back(fmt::format("{} with names that are neither those of full-load nor of change files",
                                counted(survey.files.unknown, "object")));
  if (survey.files_left_out > 0)
    found.push_back(counted(survey.files_left_out, "file") +
                    " with another layout than the others, excluded from the statistics");
  if (survey.files.loads.count == 0) found.emplace_back("there is no full load");
  if (survey.keys.empty() && survey.load_rows > 0)
    found.emplace_back("no column, and no pair or triple of the first ones, is unique in the full load");
  if (!survey.keys.empty() && survey.distinct_keys_exact && survey.distinct_keys < survey.load_rows) {
    found.push_back(fmt::format("the key ({}) has {} in the full load, such as {}", key_text(survey),
                                survey::counted(survey.load_rows - survey.distinct_keys, "duplicate"),
                                survey.duplicate_key));
  }
  return found;
}

}  // namespace peo::profile
