#include "loader/load_delivery.hpp"

#include "base/error.hpp"
#include "loader/progress.hpp"

namespace peo::loader {

std::vector<LoadResult> load_delivery(std::span<const Delivery> group, ParseAhead& reader,
                                      target::Loads& loads, target::LoadMethod method,
                                      const Cancellation& stop, const LoadCallbacks& callbacks) {
  std::vector<LoadResult> results(group.size());
  auto id = loads.next_delivery_id();
  callbacks.on_file(group.front(), id);
  const auto load = loads.begin(group, method);  // 5 apply: the transaction begins
  for (std::size_t i = 0; i < group.size(); ++i, ++id) {
    if (i != 0) callbacks.on_file(group[i], id);
    Progress progress(id, group[i].object.size);
    // 2 fetch, 3 decompress, 4 parse: ahead, in another thread
    while (const auto* batch = reader.next()) {
      // After a stop request, a delivery that is nearly done is finished; a long one is rolled back.
      if (stop.asked_for() > Cancellation::grace) throw Error::retry("stopped in the middle of a delivery");
      load->add(*batch);
      progress.at(batch->rows_read, batch->fetched);
    }
    results[i].facts = reader.finish();
    if (callbacks.before_commit) callbacks.before_commit(*load, group[i]);
    load->end_file(results[i].facts);  // 5 apply ends
  }
  const auto outcomes = load->commit();  // 6 record, commit
  for (std::size_t i = 0; i < group.size(); ++i) results[i].outcome = outcomes[i];
  return results;
}

}  // namespace peo::loader
