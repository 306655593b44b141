#include "operate/plan.hpp"

#include <fmt/format.h>

#include <vector>

#include "operate/format.hpp"
#include "source/discover.hpp"

namespace peo::operate {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

const char* word(DeliveryKind kind) { return kind == DeliveryKind::FullLoad ? "full load" : "change"; }

std::uint64_t planned_files(const Plan& plan) {
  std::uint64_t files = 0;
  for (const auto& [entity, sums] : plan.planned_changes.by_entity) files += sums.deliveries;
  return files;
}

// "0 of 8 files can be loaded; 8 files are ignored: 4 prefixes match no table: …."; nothing: all can be.
std::string left_out_text(const Plan& plan) {
  std::uint64_t waiting = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t rejected = 0;
  for (const auto& [entity, one] : plan.facts.backlog) waiting += one.files;
  for (const auto& [entity, one] : plan.facts.quarantined) {
    quarantined += one.files;
    rejected += one.rows;
  }
  std::string text;
  const auto add = [&](const std::string& part) { text += "; " + part; };
  const auto counted = [](std::uint64_t number, const char* what) {
    return fmt::format("{} {}", count_text(number, what), number == 1 ? "is" : "are");
  };
  if (waiting != 0) add(counted(waiting, "file") + " waiting");
  if (quarantined != 0) add(counted(quarantined, "file") + " quarantined");
  if (rejected != 0) add(counted(rejected, "row") + " rejected");
  if (!plan.facts.unmatched.empty()) {
    add(fmt::format("{} {} ignored: {}", count_text(plan.ignored),
                    plan.ignored.files == 1 && !plan.ignored.more ? "is" : "are",
                    source::unmatched_text(plan.facts.unmatched)));
  }
  if (const auto ignored = text_of(plan.facts.parquet); !ignored.empty()) add(ignored);
  if (text.empty()) return text;
  const auto planned = planned_files(plan);
  const auto all = planned + waiting + quarantined + plan.ignored.files + plan.facts.parquet.files;
  if (all == 0) return text.substr(2) + ".\n";  // only rows are left out, or prefixes without any file
  return fmt::format("{} of {}{} can be loaded{}.\n", planned, plan.ignored.more ? "more than " : "",
                     count_text(all, "file"), text);
}

// Of one table, the error says more: it has the values.
std::string why_text(const Plan& plan) {
  if (plan.facts.held.size() <= 1) return fmt::format("Not everything can be loaded: {}\n", plan.why);
  std::string text = "Not everything can be loaded:\n";
  for (const auto& [entity, held] : plan.facts.held) {
    text += fmt::format("  {}: {}.{}{}\n", shortened(entity), held.reason, held.hint.empty() ? "" : " ",
                        held.hint);
  }
  return text;
}

// A plan lists the whole bucket, but a running loader lists new names only.
std::string late_files_text(const Plan& plan) {
  std::uint64_t count = 0;
  std::string key;
  for (const auto& one : plan.planned_changes.first) {
    if (!one.late || plan.late_files.contains(one.object_key)) continue;
    if (++count == 1) key = shortened(one.object_key, 200);
  }
  if (count == 0) return {};
  return fmt::format(
      "{}{} sort{} before what a poll lists (LOOK_BACK): a loader finds {} with its next full listing "
      "(FULL_LISTING_INTERVAL), or at once with paper-engine-orders replay {}.\n",
      count_text(count, "late file"), count == 1 ? ", " + key + "," : "", count == 1 ? "s" : "",
      count == 1 ? "it" : "them", key);
}

std::string hint_of(const Plan& plan) {
  auto hint = state_of(plan.facts, plan.now, std::nullopt).hint;
  if (hint.empty()) hint = plan.state.hint;
  return hint.empty() ? hint : hint + "\n";
}

}  // namespace

std::string plan_text(const Plan& plan, std::size_t most_files) {
  const auto& planned_changes = plan.planned_changes;
  const auto left_out = left_out_text(plan);
  auto text = fmt::format("State: {}\n", text_of(plan.state));
  if (planned_changes.first.empty() && plan.exit_code == ExitCode::Done && left_out.empty())
    return text + "Up to date: every file is loaded.\n" + hint_of(plan);
  std::vector<std::vector<std::string>> files{{"File", "Kind", "Rows", "Create", "Amend", "Remove"}};
  const auto all = planned_files(plan);
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
      for (const auto& [name, type] : one.added_columns)
        text += fmt::format("\n{} gets the column {} ({}) with {}.", shortened(one.entity), shortened(name),
                            type, shortened(one.object_key, 200));
    }
  }
  for (const auto& [table, what] : planned_changes.not_predicted)
    text += fmt::format("\nNot predicted: the effects of {} on {}.", what, shortened(table));
  text += "\n" + late_files_text(plan);
  if (!left_out.empty()) text += left_out;
  if (plan.exit_code != ExitCode::Done) return text + why_text(plan);
  if (left_out.empty()) return text + "Everything can be loaded. Nothing was changed.\n";
  return text + fmt::format("{}Nothing was changed.\n", hint_of(plan));
}

nlohmann::ordered_json plan_json(const Plan& plan) {
  auto files = nlohmann::ordered_json::array();
  for (const auto& one : plan.planned_changes.first) {
    auto stats = nlohmann::ordered_json::object();
    for (const auto& [entity, effects] : one.stats) stats[entity] = row_counts_json(effects);
    auto added = nlohmann::ordered_json::array();
    for (const auto& column : one.added_columns) added.push_back(column.name);
    files.push_back({{"key", one.object_key},
                     {"entity", one.entity},
                     {"kind", to_string(one.kind)},
                     {"late", one.late},
                     {"rows", one.rows_read},
                     {"effects", row_counts_json(sum_of(one.stats))},
                     {"stats", std::move(stats)},
                     {"added_columns", std::move(added)}});
  }
  auto held = nlohmann::ordered_json::object();
  for (const auto& [entity, one] : plan.facts.held)
    held[entity] = {{"reason", one.reason}, {"hint", one.hint}};
  auto entities = nlohmann::ordered_json::object();
  auto quarantined = nlohmann::ordered_json::object();
  for (const auto& [entity, one] : plan.facts.quarantined)
    quarantined[entity] = {{"files", one.files}, {"rows", one.rows}};
  for (const auto& [entity, sums] : plan.planned_changes.by_entity) {
    entities[entity] = {
        {"files", sums.deliveries}, {"rows", sums.rows_read}, {"effects", row_counts_json(sums.effects)}};
  }
  return {{"safe", plan.exit_code == ExitCode::Done},
          {"exit_code", static_cast<int>(plan.exit_code)},
          {"why", plan.why},
          {"state", plan.state.word},
          {"state_why", plan.state.why},
          {"files_total", planned_files(plan)},
          {"ignored", ignored_json(plan.facts.unmatched, plan.ignored, plan.facts.parquet)},
          {"held", std::move(held)},
          {"quarantined", std::move(quarantined)},
          {"entities", std::move(entities)},
          {"files", std::move(files)},
          {"not_predicted", plan.planned_changes.not_predicted}};
}

}  // namespace peo::operate
