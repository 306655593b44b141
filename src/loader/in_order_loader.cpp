#include "loader/in_order_loader.hpp"

#include <algorithm>

namespace peo::loader {
namespace {

using target::LoadMethod;

// The number of full-load files of one entity at the front. They are loaded together, so that an empty
// table's indexes are created only once.
std::size_t full_loads(std::span<const Delivery> due) {
  const auto other = std::ranges::find_if(due, [&](const Delivery& delivery) {
    return delivery.kind != DeliveryKind::FullLoad || delivery.entity != due.front().entity;
  });
  return static_cast<std::size_t>(other - due.begin());
}

}  // namespace

LoadedInOrder load_in_order(std::span<const Delivery> due, BatchLoader& batches, const Cancellation& stop) {
  auto queue = batches.queue(due);
  const auto loaded = [&] { return due.size() - queue.rest().size(); };
  try {
    while (!queue.rest().empty() && !stop.requested()) {
      if (batches.is_small(queue.rest().front())) {
        // A delivery that the pipeline can't load is loaded on its own as text, which reports exactly what is
        // wrong.
        if (!batches.load_pipelined(queue)) batches.load(queue, 1, LoadMethod::StagedText);
      } else if (const auto count = full_loads(queue.rest()); count != 0) {
        batches.load(queue, count, LoadMethod::Direct);
      } else {
        batches.load(queue, 1, LoadMethod::Compacted);
      }
    }
  } catch (const Error& error) {
    return {loaded(), error};
  }
  return {loaded(), std::nullopt};
}

}  // namespace peo::loader
