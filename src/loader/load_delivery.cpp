#include "loader/load_delivery.hpp"

#include "base/error.hpp"

namespace peo::loader {

Loaded load_delivery(const FoundDelivery& delivery, ReadAhead& reader, target::Target& target,
                     target::Path path, const Stop& stop) {
  Progress progress(target.next_delivery_id(), delivery.object.size);
  auto load = target.begin(delivery, path);  // 5 apply: the transaction begins
  while (const auto* batch =
             reader.next()) {  // 2 fetch, 3 decompress, 4 parse: ahead of us, in their own thread
    if (stop.asked_for() > Stop::grace) throw Error::retry("stopped in the middle of a delivery");
    load->add(*batch);
    progress.at(batch->first_row + batch->rows.size() - 1, batch->fetched);
  }
  Loaded loaded;
  loaded.facts = reader.finish();
  loaded.outcome = load->commit(loaded.facts);  // 5 apply ends, 6 record, commit
  return loaded;
}

}  // namespace peo::loader
