#include "base/delivery.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace peo {

std::string to_string(DeliveryKind kind) { return kind == DeliveryKind::FullLoad ? "full_load" : "change"; }

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
