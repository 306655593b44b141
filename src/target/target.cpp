#include "target/target.hpp"

#include "base/log.hpp"

namespace peo::target {

void Target::say_effects(const Outcome& outcome) const {
  for (const auto& [entity, effects] : outcome.stats) {
    log::info("Delivery {}: {} (create: {}, amend: {}, remove: {}).", outcome.delivery_id, entity,
              effects.created, effects.amended, effects.removed);
  }
  if (persists()) log::info("Delivery {}: persisted to postgres.", outcome.delivery_id);
}

}  // namespace peo::target
