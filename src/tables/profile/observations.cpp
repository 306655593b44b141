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
  // A date among timestamps or a whole number among decimals is the same thing written shorter.
  if (others == 0 || facts.ordered_by_value() || facts.all_hex == facts.values() || most == Kind::Text)
    return;
  if (*kind * 10 < facts.values() * 9) return;
  found.push_back(fmt::format("{} of {} values are not {}", grouped(others), grouped(facts.values()),
                              survey::to_string(most)));
}

// A least or greatest value further out than ten times the width of the middle half.
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
        fmt::format("the {} value, {}, lies far from the rest: half of them are between {} and {}", which,
                    value, edge(lower), edge(upper)));
  };
  if (*facts.most_number > upper + reach) far("greatest", facts.most());
  if (*facts.least_number < lower - reach) far("least", facts.least());
}

}  // namespace

std::vector<std::string> observations_of(const ColumnStats& facts) {
  std::vector<std::string> found;
  if (facts.rows > 0 && facts.values() == 0) {
    found.emplace_back("never has a value");
    return found;
  }
  if (facts.values() > 1 && facts.distinct.exact() && facts.distinct.count() == 1)
    found.push_back(fmt::format("always the same: {}", shown(facts.least())));
  mixed_kinds(facts, found);
  outliers(facts, found);
  if (facts.leading_zeros > 0)
    found.push_back(fmt::format("{} with 0 in front: perhaps codes", counted(facts.leading_zeros, "number")));
  if (facts.negative > 0 && facts.negative * 100 < facts.values())
    found.push_back(
        fmt::format("{} among {}", counted(facts.negative, "negative value"), grouped(facts.values())));
  if (facts.null_words > 0 && facts.null_words < facts.nulls)
    found.push_back(fmt::format("NULL is written in two ways: {} as the word, {} as nothing",
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
    found.push_back(fmt::format("{} in the folder neither of full load nor of changes, by the name",
                                counted(survey.files.unknown, "object")));
  if (survey.files_left_out > 0)
    found.push_back(counted(survey.files_left_out, "file") +
                    " built otherwise than the rest, and left out of the figures");
  if (survey.files.loads.count == 0) found.emplace_back("there is no full load");
  if (survey.keys.empty() && survey.load_rows > 0)
    found.emplace_back(
        "no column, and no pair or triple of the first ones, tells the rows of the full load apart");
  if (!survey.keys.empty() && survey.distinct_keys_exact && survey.distinct_keys < survey.load_rows) {
    found.push_back(
        fmt::format("the key ({}) comes more than once in {} of the full load, such as {}", key_text(survey),
                    survey::counted(survey.load_rows - survey.distinct_keys, "row"), survey.double_key));
  }
  return found;
}

}  // namespace peo::profile
