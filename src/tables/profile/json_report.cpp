#include <nlohmann/json.hpp>

#include "tables/profile/observations.hpp"
#include "tables/profile/report.hpp"
#include "tables/profile/statistics_text.hpp"

namespace peo::profile {
namespace {

using nlohmann::ordered_json;
using survey::ColumnStats;
using survey::TableSurvey;

ordered_json column_of(const std::string& name, const ColumnStats& facts) {
  ordered_json column = {{"name", name},
                         {"kind", kind_of(facts)},
                         {"rows", facts.rows},
                         {"nulls", facts.nulls},
                         {"distinct", facts.distinct.count()},
                         {"distinct_exact", facts.distinct.exact()}};
  if (facts.values() > 0) {
    column["least"] = facts.least();
    column["most"] = facts.most();
    column["characters"] = {
        {"least", facts.shortest},
        {"most", facts.longest},
        {"average", static_cast<double>(facts.characters) / static_cast<double>(facts.values())}};
  }
  if (facts.ordered_by_value()) {
    const auto q = quantiles_of(facts.numbers);
    column["quantiles"] = {
        {"p5", q.least}, {"p25", q.lower}, {"p50", q.median}, {"p75", q.upper}, {"p95", q.most}};
    column["quantiles_of"] = holds_times(facts) ? "seconds since 1970-01-01 UTC" : "values";
    auto& bins = column["histogram"] = ordered_json::array();
    for (const auto& bin : histogram(facts.numbers, 24))
      bins.push_back({{"from", bin.from}, {"to", bin.to}, {"share", bin.share}});
  }
  auto& top = column["most_frequent"] = ordered_json::array();
  for (const auto& entry : facts.frequent.top(10))
    top.push_back({{"value", entry.value}, {"count", entry.count}});
  column["count_may_be_low_by"] = facts.frequent.error();
  column["findings"] = observations_of(facts);
  return column;
}

ordered_json table_of(const TableSurvey& survey) {
  ordered_json table = {{"schema", survey.location.schema},
                        {"table", survey.location.table},
                        {"complete", survey.complete},
                        {"header", survey.shape.header},
                        {"names_by_sql", survey.shape.names == survey::TableShape::Names::Sql},
                        {"full_load",
                         {{"files", survey.files.loads.count},
                          {"bytes", survey.files.loads.bytes},
                          {"rows", survey.load_rows}}},
                        {"changes",
                         {{"files", survey.files.changes.count},
                          {"bytes", survey.files.changes.bytes},
                          {"inserts", survey.changes.inserts},
                          {"updates", survey.changes.updates},
                          {"deletes", survey.changes.deletes}}}};
  auto& key = table["key"] = ordered_json::array();
  if (!survey.keys.empty()) {
    for (const auto place : survey.keys.front()) key.push_back(survey.shape.columns[place]);
  }
  table["distinct_keys"] = survey.distinct_keys;
  table["distinct_keys_exact"] = survey.distinct_keys_exact;
  auto& hours = table["operations_over_time"] = ordered_json::array();
  for (const auto& [start, operations] : survey.over_time) {
    hours.push_back({{"from", start},
                     {"seconds", survey.bucket_seconds},
                     {"inserts", operations.inserts},
                     {"updates", operations.updates},
                     {"deletes", operations.deletes}});
  }
  table["findings"] = observations_of(survey);
  auto& columns = table["columns"] = ordered_json::array();
  for (std::size_t i = 0; i < survey.columns.size(); ++i)
    columns.push_back(column_of(survey.shape.columns[i], survey.columns[i]));
  return table;
}

}  // namespace

std::string json_report(const std::vector<TableSurvey>& surveys) {
  ordered_json report = {{"v", 1}};
  auto& tables = report["tables"] = ordered_json::array();
  for (const auto& survey : surveys) tables.push_back(table_of(survey));
  // Values may hold bytes that are no UTF-8.
  return report.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace peo::profile
