// Loads deliveries that are in order, each by the fastest method that may load it, while reading ahead over
// all of them. One thread.
#pragma once
#include <span>

#include "loader/batch_loader.hpp"

namespace peo::loader {

// All of them, or those before a stop.
void load_in_order(std::span<const Delivery> due, BatchLoader& batches, const Cancellation& stop);

}  // namespace peo::loader
