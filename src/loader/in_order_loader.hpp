// Loads deliveries that are in order, each with the fastest possible method, while reading ahead over all of
// them. One thread.
#pragma once
#include <cstddef>
#include <optional>
#include <span>

#include "base/error.hpp"
#include "loader/batch_loader.hpp"

namespace peo::loader {

struct LoadedInOrder {
  std::size_t count = 0;        // how many of the first ones are loaded
  std::optional<Error> failed;  // of the next one, or of the group of full-load files that it begins
};

// Loads all of them, or those before a stop or an error.
LoadedInOrder load_in_order(std::span<const Delivery> due, BatchLoader& batches, const Cancellation& stop);

}  // namespace peo::loader
