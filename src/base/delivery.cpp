#include "base/delivery.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace peo {

std::string to_string(DeliveryKind kind) { return kind == DeliveryKind::FullLoad ? "full_load" : "change"; }

RowCounts sum_of(const RowCountsByTable& stats) {
  RowCounts sum;
  for (const auto& [entity, effects] : stats) sum += effects;
  return sum;
}

std::optional<std::string> ignored_columns_text(const FileStats& facts) {
  if (facts.ignored_columns.empty()) return std::nullopt;
  return fmt::format("left out: {}", fmt::join(facts.ignored_columns, ", "));
}

std::string to_json(const RowCountsByTable& stats) {
  std::string text = "{";
  for (const auto& [entity, effects] : stats) {
    if (text.size() > 1) text += ", ";
    text += fmt::format(R"({}: {{"AMEND": {}, "CREATE": {}, "REMOVE": {}}})",
                        nlohmann::json(entity).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                        effects.amended, effects.created, effects.removed);
  }
  return text + "}";
}

}  // namespace peo
