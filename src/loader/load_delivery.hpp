// One delivery, steps 2 to 6: from the bucket into the target, in one transaction. Either all its changes,
// its ledger row and its message are in the target afterwards, or none of them.
#pragma once
#include "base/delivery.hpp"
#include "loader/progress.hpp"
#include "loader/read_ahead.hpp"
#include "target/target.hpp"

namespace peo::loader {

struct Loaded {
  ReadFacts facts;
  target::Outcome outcome;
};

// `reader` stands at this delivery. Throws target::DirectRefused when the direct path can't take it.
Loaded load_delivery(const FoundDelivery& delivery, ReadAhead& reader, target::Target& target,
                     target::Path path, const Stop& stop);

}  // namespace peo::loader
