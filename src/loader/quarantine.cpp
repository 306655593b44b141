#include "loader/quarantine.hpp"

#include <fmt/format.h>

namespace peo::loader {

void Quarantine::put(const Delivery& delivery, const Error& error) {
  // In a row, because a wrong schema or bucket makes every file bad; they must not all be quarantined.
  auto& in_a_row = in_a_row_[delivery.entity];
  if (in_a_row == policy_.most_deliveries) {
    const auto before = fmt::format("this delivery and the {} before it can't be loaded: ", in_a_row);
    throw Error::bad_delivery(before + error.what(),
                              "Find the common cause: MAX_BAD_DELIVERIES is exceeded. " + error.hint())
        .without_values(before + error.without_values())
        .at(error.place());
  }
  ++in_a_row;
  const auto id = ledger_.record_not_loaded(delivery, target::NotLoaded::Quarantined, error.describe());
  log_.quarantined(delivery, id, error);
}

}  // namespace peo::loader
