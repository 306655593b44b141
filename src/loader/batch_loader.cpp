#include "loader/batch_loader.hpp"

#include <algorithm>
#include <chrono>

#include "base/log.hpp"

namespace peo::loader {

using std::chrono::steady_clock;

std::unique_ptr<ParseAhead> BatchLoader::reader(std::span<const Delivery> deliveries) const {
  return std::make_unique<ParseAhead>(
      source_, std::vector(deliveries.begin(), deliveries.end()),
      [this](const std::string& table) { return target_.columns(table); }, read_, stop_);
}

bool BatchLoader::load(std::span<const Delivery> group, ParseAhead& reader, target::Way way,
                       const BeforeCommit& before_commit) {
  const auto began = steady_clock::now();
  Place place;
  const auto* in_work = &group.front();
  std::vector<LoadResult> loaded;
  try {
    unconfirmed.assign(group.begin(), group.end());
    const OnFile on_file = [&](const auto& delivery, auto id) {
      tick_();
      in_work = &delivery;
      place = {.delivery = id, .object_key = source_.full_key(delivery.object.key)};
      log_.started(delivery, id);
    };
    loaded = load_delivery(group, reader, target_, way, stop_, {on_file, before_commit});
    unconfirmed.clear();
  } catch (Error& error) {
    error.at(place);
    log_.failed(*in_work, error);
    throw;
  }
  log_.loaded(group, loaded, began);
  return std::ranges::any_of(loaded,
                             [](const LoadResult& one) { return !one.outcome.added_columns.empty(); });
}

// A COMMIT whose answer was lost: the ledger knows.
void BatchLoader::resolve_unconfirmed() {
  while (!unconfirmed.empty()) {
    const auto delivery = unconfirmed.front();
    const auto began = steady_clock::now();
    auto outcome = target_.find_committed(delivery);
    unconfirmed.erase(unconfirmed.begin());
    if (!outcome) continue;  // rolled back: discover will find it again
    log::info("Delivery {}: it was committed before the connection was lost.", outcome->delivery_id);
    LoadResult loaded;
    loaded.facts.rows = outcome->rows_read;
    loaded.facts.fetched_bytes = delivery.object.size;
    loaded.outcome = std::move(*outcome);
    log_.loaded({&delivery, 1}, {&loaded, 1}, began);
  }
}

}  // namespace peo::loader
