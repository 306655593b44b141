#include "loader/load_delivery.hpp"

#include "base/error.hpp"
#include "loader/progress.hpp"

namespace peo::loader {

std::vector<LoadResult> load_delivery(std::span<const Delivery> group, ParseAhead& reader,
                                      target::Target& target, target::Way way, const Cancellation& stop,
                                      const LoadCallbacks& steps) {
  std::vector<LoadResult> loaded(group.size());
  auto id = target.next_delivery_id();
  steps.on_file(group.front(), id);
  const auto load = target.begin(group, way);  // 5 apply: the transaction begins
  for (std::size_t i = 0; i < group.size(); ++i, ++id) {
    if (i != 0) steps.on_file(group[i], id);
    Progress progress(id, group[i].object.size);
    while (const auto* batch =
               reader.next()) {  // 2 fetch, 3 decompress, 4 parse: ahead of us, in their own thread
      if (stop.asked_for() > Cancellation::grace) throw Error::retry("stopped in the middle of a delivery");
      load->add(*batch);
      progress.at(batch->rows_read, batch->fetched);
    }
    loaded[i].facts = reader.finish();
    if (steps.before_commit) steps.before_commit(*load, group[i]);
    load->end_file(loaded[i].facts);  // 5 apply ends
  }
  const auto outcomes = load->commit();  // 6 record, commit
  for (std::size_t i = 0; i < group.size(); ++i) loaded[i].outcome = outcomes[i];
  return loaded;
}

}  // namespace peo::loader
