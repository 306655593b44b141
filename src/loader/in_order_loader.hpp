// Loads deliveries that are in order, each by the fastest method that may load it, while reading ahead over
// all of them. One thread.
#pragma once
#include <cstddef>
#include <optional>
#include <span>

#include "base/error.hpp"
#include "loader/batch_loader.hpp"

namespace peo::loader {

struct LoadedInOrder {
  std::size_t count = 0;        // of the first ones
  std::optional<Error> failed;  // why the next one isn't, or the group of full-load files that it begins
};

// All of them, or those before a stop or before one that fails.
LoadedInOrder load_in_order(std::span<const Delivery> due, BatchLoader& batches, const Cancellation& stop);

}  // namespace peo::loader
