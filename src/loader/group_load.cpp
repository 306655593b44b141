#include "loader/group_load.hpp"

#include <algorithm>
#include <chrono>

#include "base/log.hpp"

namespace peo::loader {

using std::chrono::steady_clock;

std::unique_ptr<ReadAhead> GroupLoad::reader(std::span<const Delivery> deliveries) const {
  return std::make_unique<ReadAhead>(
      source_, std::vector(deliveries.begin(), deliveries.end()),
      [this](const std::string& table) { return target_.columns(table); }, read_, stop_);
}

bool GroupLoad::load(std::span<const Delivery> group, ReadAhead& reader, target::Way way,
                     const BeforeEnd& before_end) {
  const auto began = steady_clock::now();
  Place place;
  const auto* in_work = &group.front();
  std::vector<Loaded> loaded;
  try {
    in_doubt.assign(group.begin(), group.end());
    const OnFile on_file = [&](const auto& delivery, auto id) {
      tick_();
      in_work = &delivery;
      place = {.delivery = id, .object_key = source_.full_key(delivery.object.key)};
      report_.begins(delivery, id);
    };
    loaded = load_delivery(group, reader, target_, way, stop_, {on_file, before_end});
    in_doubt.clear();
  } catch (Error& error) {
    error.at(place);
    report_.broke_off(*in_work, error);
    throw;
  }
  report_.finished(group, loaded, began);
  return std::ranges::any_of(loaded, [](const Loaded& one) { return !one.outcome.added_columns.empty(); });
}

// A COMMIT whose answer was lost: the ledger knows.
void GroupLoad::take_up_doubtful() {
  while (!in_doubt.empty()) {
    const auto delivery = in_doubt.front();
    const auto began = steady_clock::now();
    auto outcome = target_.loaded(delivery);
    in_doubt.erase(in_doubt.begin());
    if (!outcome) continue;  // rolled back: discover will find it again
    log::info("Delivery {}: it was committed before the connection was lost.", outcome->delivery_id);
    Loaded loaded;
    loaded.facts.rows = outcome->rows_read;
    loaded.facts.fetched_bytes = delivery.object.size;
    loaded.outcome = std::move(*outcome);
    report_.finished({&delivery, 1}, {&loaded, 1}, began);
  }
}

}  // namespace peo::loader
