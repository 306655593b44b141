#include "base/delivery.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace peo {

std::string to_string(DeliveryKind kind) { return kind == DeliveryKind::FullLoad ? "full_load" : "change"; }

Effects sum_of(const Stats& stats) {
  Effects sum;
  for (const auto& [entity, effects] : stats) sum += effects;
  return sum;
}

std::optional<std::string> left_out_text(const ReadFacts& facts) {
  if (facts.left_out.empty()) return std::nullopt;
  return fmt::format("left out: {}", fmt::join(facts.left_out, ", "));
}

std::string to_json(const Stats& stats) {
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
