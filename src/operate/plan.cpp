#include "operate/plan.hpp"

#include <fmt/format.h>

#include <vector>

#include "operate/format.hpp"

namespace peo::operate {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

const char* word(DeliveryKind kind) { return kind == DeliveryKind::FullLoad ? "full load" : "change"; }

}  // namespace

std::string plan_text(const Plan& plan, std::size_t most_files) {
  const auto& planned_changes = plan.planned_changes;
  std::string text;
  if (planned_changes.first.empty() && plan.exit_code == ExitCode::Done)
    return "Nothing to do: every file is in.\n";
  std::vector<std::vector<std::string>> files{{"File", "Kind", "Rows", "Create", "Amend", "Remove"}};
  std::uint64_t all = 0;
  for (const auto& [entity, sums] : planned_changes.by_entity) all += sums.deliveries;
  for (const auto& one : planned_changes.first) {
    if (files.size() > most_files) break;
    const auto effects = sum_of(one.stats);
    files.push_back({shortened(one.object_key, 200), word(one.kind), number(one.rows_read),
                     number(effects.created), number(effects.amended), number(effects.removed)});
  }
  if (!planned_changes.first.empty()) {
    text += columns_text(files);
    if (all > files.size() - 1) text += fmt::format("… and {} more.\n", all - (files.size() - 1));
    std::vector<std::vector<std::string>> sums{{"Entity", "Files", "Rows", "Create", "Amend", "Remove"}};
    for (const auto& [entity, one] : planned_changes.by_entity) {
      sums.push_back({shortened(entity), number(one.deliveries), number(one.rows_read),
                      number(one.effects.created), number(one.effects.amended), number(one.effects.removed)});
    }
    text += "\n" + columns_text(sums);
    for (const auto& one : planned_changes.first) {
      for (const auto& name : one.added_columns)
        text += fmt::format("\n{} gets the column {} with {}.", shortened(one.entity), shortened(name),
                            shortened(one.object_key, 200));
    }
  }
  for (const auto& [table, what] : planned_changes.not_predicted)
    text += fmt::format("\nNot predicted: the effects of {} on {}.", what, shortened(table));
  if (plan.exit_code == ExitCode::Done) return text + "\nAll of it can be loaded; nothing was changed.\n";
  return text + fmt::format("{}Not all of it can be loaded: {}\n", text.empty() ? "" : "\n", plan.why);
}

nlohmann::ordered_json plan_json(const Plan& plan) {
  auto files = nlohmann::ordered_json::array();
  for (const auto& one : plan.planned_changes.first) {
    auto stats = nlohmann::ordered_json::object();
    for (const auto& [entity, effects] : one.stats) stats[entity] = row_counts_json(effects);
    files.push_back({{"key", one.object_key},
                     {"entity", one.entity},
                     {"kind", to_string(one.kind)},
                     {"rows", one.rows_read},
                     {"effects", row_counts_json(sum_of(one.stats))},
                     {"stats", std::move(stats)},
                     {"added_columns", one.added_columns}});
  }
  auto entities = nlohmann::ordered_json::object();
  std::uint64_t all = 0;
  for (const auto& [entity, sums] : plan.planned_changes.by_entity) {
    all += sums.deliveries;
    entities[entity] = {
        {"files", sums.deliveries}, {"rows", sums.rows_read}, {"effects", row_counts_json(sums.effects)}};
  }
  return {{"safe", plan.exit_code == ExitCode::Done},
          {"exit_code", static_cast<int>(plan.exit_code)},
          {"why", plan.why},
          {"files_total", all},
          {"entities", std::move(entities)},
          {"files", std::move(files)},
          {"not_predicted", plan.planned_changes.not_predicted}};
}

}  // namespace peo::operate
