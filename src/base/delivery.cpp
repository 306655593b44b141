#include "base/delivery.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace peo {

std::string to_string(DeliveryKind kind) { return kind == DeliveryKind::FullLoad ? "full_load" : "change"; }

std::optional<SourceTable> source_of(const Delivery& delivery) {
  std::string_view key = delivery.object.key;
  if (delivery.tables || !key.starts_with(delivery.schema + "/")) return std::nullopt;
  key.remove_prefix(delivery.schema.size() + 1);
  return SourceTable{.schema = delivery.schema, .table = std::string(key.substr(0, key.find('/')))};
}

RowCounts sum_of(const RowCountsByTable& stats) {
  RowCounts sum;
  for (const auto& [entity, effects] : stats) sum += effects;
  return sum;
}

std::optional<std::string> ignored_columns_text(const FileStats& facts) {
  if (facts.ignored_columns.empty()) return std::nullopt;
  return fmt::format("left out: {}", fmt::join(facts.ignored_columns, ", "));
}

std::string counts_json(const std::string& entity, std::string_view amended, std::string_view created,
                        std::string_view removed) {
  return fmt::format(R"({}: {{"AMEND": {}, "CREATE": {}, "REMOVE": {}}})",
                     nlohmann::json(entity).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                     amended, created, removed);
}

std::string to_json(const RowCountsByTable& stats) {
  std::string text = "{";
  for (const auto& [entity, counts] : stats) {
    if (text.size() > 1) text += ", ";
    text += counts_json(entity, std::to_string(counts.amended), std::to_string(counts.created),
                        std::to_string(counts.removed));
  }
  return text + "}";
}

}  // namespace peo
