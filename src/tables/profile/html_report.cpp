#include <fmt/format.h>

#include <algorithm>

#include "base/xml.hpp"
#include "tables/profile/observations.hpp"
#include "tables/profile/page_style.hpp"
#include "tables/profile/report.hpp"
#include "tables/profile/statistics_text.hpp"
#include "tables/profile/svg.hpp"
#include "tables/survey/grouped.hpp"

namespace peo::profile {
namespace {

using survey::ColumnStats;
using survey::counted;
using survey::grouped;
using survey::TableSurvey;

std::string tile(const std::string& figure, const std::string& what) {
  return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>", xml_escaped(figure),
                     xml_escaped(what));
}

std::string list(const std::vector<std::string>& sentences) {
  if (sentences.empty()) return "";
  std::string html = "<ul class=\"look\">";
  for (const auto& sentence : sentences) html += "<li>" + xml_escaped(sentence) + "</li>";
  return html + "</ul>";
}

std::string anchor(const TableSurvey& survey) {
  return xml_escaped(survey.location.schema + "." + survey.location.table);
}

// The most frequent values as bars, if they are more informative than a histogram.
std::string top_values(const ColumnStats& facts) {
  std::string html = R"(<div class="top">)";
  for (const auto& entry : facts.frequent.top(6)) {
    const double share = 100.0 * static_cast<double>(entry.count) / static_cast<double>(facts.values());
    html += fmt::format(
        R"(<div><span class="value">{}</span><i><u style="width:{:.1f}%"></u></i><em>{}</em></div>)",
        entry.value.empty() ? "<small>(empty string)</small>" : xml_escaped(shown(entry.value, 28)), share,
        percent(entry.count, facts.values()));
  }
  return html + "</div>";
}

std::string plot(const ColumnStats& facts) {
  if (facts.values() == 0) return "";
  constexpr std::uint64_t few = 12;
  // Times are shown in a histogram rather than as a list.
  const bool times = holds_times(facts) && facts.distinct.count() > 1;
  if (!times && facts.distinct.exact() && facts.distinct.count() <= few) return top_values(facts);
  constexpr std::size_t bins = 30;
  if (facts.ordered_by_value())
    return histogram_svg(histogram(facts.numbers, bins), holds_times(facts), "values");
  const auto top = facts.frequent.top(1);
  if (!top.empty() && top.front().count * 100 > facts.values()) return top_values(facts);
  if (facts.shortest == facts.longest) return "";
  return histogram_svg(histogram(facts.lengths, bins), false, "lengths in characters") +
         "<p class=\"caption\">length in characters</p>";
}

std::string row(const char* what, const std::string& figure) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>", what, xml_escaped(figure));
}

std::string figures(const ColumnStats& facts) {
  std::string html = "<dl>";
  html += row("distinct", (facts.distinct.exact() ? "" : "about ") + grouped(facts.distinct.count()));
  html += row("NULL", percent(facts.nulls, facts.rows));
  if (facts.values() == 0) return html + "</dl>";
  html += row("min", shown(facts.least(), 28)) + row("max", shown(facts.most(), 28));
  if (facts.ordered_by_value()) {
    const auto q = quantiles_of(facts.numbers);
    const auto text = [&](double v) { return holds_times(facts) ? time_text(v, true) : number_text(v); };
    html += row("median", text(q.median)) + row("quartiles", text(q.lower) + " to " + text(q.upper));
  } else {
    html += row("characters", facts.shortest == facts.longest
                                  ? grouped(facts.longest)
                                  : fmt::format("{} to {}", facts.shortest, facts.longest));
  }
  return html + "</dl>";
}

std::string card(const TableSurvey& survey, std::size_t place) {
  const auto& facts = survey.columns[place];
  const auto& keys = survey.keys;
  const bool in_key =
      !keys.empty() && std::find(keys.front().begin(), keys.front().end(), place) != keys.front().end();
  const double full =
      facts.rows == 0 ? 0 : 100.0 * static_cast<double>(facts.values()) / static_cast<double>(facts.rows);
  return fmt::format(
      "<article class=\"card\"><header><h3>{}</h3>{}<span class=\"chip\">{}</span></header>"
      "<div class=\"full\" title=\"{} of the rows have a value\"><u "
      "style=\"width:{:.1f}%\"></u></div>{}{}{}</article>\n",
      xml_escaped(survey.shape.columns[place]), in_key ? "<span class=\"chip key\">key</span>" : "",
      xml_escaped(kind_of(facts)), percent(facts.values(), facts.rows), full, plot(facts), figures(facts),
      list(observations_of(facts)));
}

std::string key_tile(const TableSurvey& survey) {
  if (survey.keys.empty()) return tile("none found", "key");
  if (survey.load_rows == 0)
    return tile(key_text(survey),
                survey.key_by == TableSurvey::KeyBy::Likelihood ? "likely key" : "key, from changes only");
  const auto duplicates = survey.load_rows - std::min(survey.load_rows, survey.distinct_keys);
  return tile(key_text(survey), !survey.distinct_keys_exact ? "key; too many rows to count duplicates exactly"
                                : duplicates == 0           ? "key, no duplicates"
                                                  : "key, with " + counted(duplicates, "duplicate"));
}

std::string columns_text(const survey::TableShape& shape) {
  const std::string what = shape.columns.size() == 1 ? "column, " : "columns, ";
  switch (shape.names) {
    case survey::TableShape::Names::Sql:
      return what + "named by the table’s SQL";
    case survey::TableShape::Names::Header:
      return what + "named by a header";
    case survey::TableShape::Names::Settings:
      return what + "named by COLUMNS";
    case survey::TableShape::Names::Numbered:
      break;
  }
  return what + "no header";
}

std::string section(const TableSurvey& survey) {
  std::string html =
      fmt::format(R"(<section id="{}"><h2>{}<small>{}</small></h2><div class="tiles">)", anchor(survey),
                  xml_escaped(survey.location.table), xml_escaped(survey.location.schema));
  html += tile(grouped(survey.load_rows),
               fmt::format("full-load {} in {}", survey.load_rows == 1 ? "row" : "rows",
                           counted(survey.files.loads.count, "file")));
  html += tile(grouped(survey.changes.all()),
               fmt::format("{} in {}", survey.changes.all() == 1 ? "change" : "changes",
                           counted(survey.files.changes.count, "file")));
  html += tile(bytes_text(survey.files.loads.bytes + survey.files.changes.bytes), "in the bucket");
  html += tile(std::to_string(survey.columns.size()), columns_text(survey.shape));
  html += key_tile(survey) + "</div>";
  html += list(observations_of(survey));
  if (!survey.over_time.empty()) {
    html += fmt::format(
        "<figure><figcaption>Changes by hour of their file, UTC <span class=\"legend\"><i "
        "class=\"insert\"></i>{} <i class=\"update\"></i>{} <i "
        "class=\"delete\"></i>{}</span></figcaption>{}</figure>",
        counted(survey.changes.inserts, "insert"), counted(survey.changes.updates, "update"),
        counted(survey.changes.deletes, "delete"), operations_svg(survey));
  }
  html += "<div class=\"cards\">";
  for (std::size_t i = 0; i < survey.columns.size(); ++i) html += card(survey, i);
  return html + "</div></section>\n";
}

std::string overview(const std::vector<TableSurvey>& surveys) {
  std::string html = "<nav>";
  for (const auto& survey : surveys)
    html += fmt::format("<a href=\"#{}\">{} <span>{}</span></a>", anchor(survey),
                        xml_escaped(survey.location.table), grouped(survey.load_rows + survey.changes.all()));
  return html + "</nav>";
}

}  // namespace

std::string html_report(const std::vector<TableSurvey>& surveys, const std::string& origin) {
  std::uint64_t rows = 0;
  bool complete = true;
  for (const auto& survey : surveys) {
    rows += survey.load_rows + survey.changes.all();
    complete = complete && survey.complete;
  }
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width, initial-scale=1\"><title>Profile of "
      "{0}</title>\n<style>\n{1}</style></head><body>\n"
      "<header class=\"page\"><h1>Contents of the files</h1><p>{2} of {3} from {0}{4}. Column statistics "
      "cover full-load rows, inserts and updates.</p>{5}</header>\n<main>",
      xml_escaped(origin), style, counted(rows, "row"), counted(surveys.size(), "table"),
      complete ? "" : ", a sample", overview(surveys));
  for (const auto& survey : surveys) html += section(survey);
  return html + "</main></body></html>\n";
}

}  // namespace peo::profile
