#include <fmt/format.h>

#include <algorithm>

#include "tables/profile/observations.hpp"
#include "tables/profile/report.hpp"
#include "tables/profile/statistics_text.hpp"
#include "tables/survey/grouped.hpp"

namespace peo::profile {
namespace {

using survey::ColumnStats;
using survey::counted;
using survey::grouped;
using survey::TableSurvey;

std::string head(const TableSurvey& survey) {
  const auto changes =
      survey.files.changes.count == 0
          ? std::string("no change files")
          : fmt::format("{} in {} ({}, {}, {})", counted(survey.changes.all(), "change"),
                        counted(survey.files.changes.count, "file"),
                        counted(survey.changes.inserts, "insert"), counted(survey.changes.updates, "update"),
                        counted(survey.changes.deletes, "delete"));
  std::string text = fmt::format("{}.{}: {} in {}, {}\n", survey.location.schema, survey.location.table,
                                 counted(survey.load_rows, "full-load row"),
                                 counted(survey.files.loads.count, "file"), changes);
  text += "  key: " + key_text(survey);
  if (!survey.keys.empty()) {
    text += survey.key_by == TableSurvey::KeyBy::Person ? " (given)"
            : survey.key_by == TableSurvey::KeyBy::Sql  ? " (from its SQL)"
                                                        : " (most likely)";
  }
  if (!survey.keys.empty() && survey.load_rows > 0) {
    text += fmt::format(", {}{} distinct in {}", survey.distinct_keys_exact ? "" : "about ",
                        grouped(survey.distinct_keys), counted(survey.load_rows, "full-load row"));
  }
  text += "\n";
  if (survey.first_change) {
    const auto seconds = [](Time time) {
      return static_cast<double>(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
    };
    text += fmt::format("  changes from {} to {} UTC\n", time_text(seconds(*survey.first_change), true),
                        time_text(seconds(*survey.last_change), true));
  }
  // The findings below name files that are excluded or can't be read.
  const bool all_files = survey.files_left_out == 0 && survey.unreadable.empty();
  if (!survey.complete && !survey.columns.empty())
    text += all_files ? "  a sample, not all rows\n" : "  not all rows\n";
  for (const auto& finding : observations_of(survey)) text += "  ! " + finding + "\n";
  return text;
}

std::string spread(const ColumnStats& facts) {
  if (!facts.ordered_by_value()) {
    if (facts.values() == 0) return "";
    if (facts.shortest == facts.longest) return " · " + counted(facts.longest, "character");
    return fmt::format(" · {} to {} characters, {:.1f} on average", facts.shortest, facts.longest,
                       static_cast<double>(facts.characters) / static_cast<double>(facts.values()));
  }
  const auto q = quantiles_of(facts.numbers);
  const bool times = holds_times(facts);
  const auto text = [&](double value) { return times ? time_text(value, true) : number_text(value); };
  return fmt::format(" · quartiles {}, {}, {}", text(q.lower), text(q.median), text(q.upper));
}

std::string column(const std::string& name, const ColumnStats& facts) {
  std::string text = fmt::format("  {}\n    {} · {}{} distinct · {} NULL", name, kind_of(facts),
                                 facts.distinct.exact() ? "" : "about ", grouped(facts.distinct.count()),
                                 percent(facts.nulls, facts.rows));
  if (facts.values() > 0)
    text += fmt::format(" · {} … {}", shown(facts.least(), 30), shown(facts.most(), 30));
  text += spread(facts) + "\n";
  const auto top = facts.frequent.top(5);
  if (!top.empty() && top.front().count > 1 && top.front().count * 1000 > facts.values()) {
    text += "    most frequent:";
    for (const auto& entry : top)
      text += fmt::format(" {} ({})", shown(entry.value, 24), percent(entry.count, facts.values()));
    text += "\n";
  }
  for (const auto& finding : observations_of(facts)) text += "    ! " + finding + "\n";
  return text;
}

}  // namespace

std::string text_report(const std::vector<TableSurvey>& surveys) {
  std::string text;
  for (const auto& survey : surveys) {
    text += (text.empty() ? "" : "\n") + head(survey);
    for (std::size_t i = 0; i < survey.columns.size(); ++i)
      text += column(survey.shape.columns[i], survey.columns[i]);
  }
  return text;
}

}  // namespace peo::profile
