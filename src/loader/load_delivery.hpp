// Steps 2 to 6, for one delivery or a group of full-load files of one entity: from the bucket into the
// target, in one transaction. Either all their changes, ledger rows and messages are in the target
// afterwards, or none of them.
#pragma once
#include <functional>
#include <span>
#include <vector>

#include "base/delivery.hpp"
#include "loader/parse_ahead.hpp"
#include "target/target.hpp"

namespace peo::loader {

struct LoadResult {
  FileStats facts;
  target::Outcome outcome;
};

using OnFile = std::function<void(const Delivery&, std::uint64_t id)>;
using BeforeCommit = std::function<void(target::DeliveryLoad&, const Delivery&)>;

struct LoadCallbacks {
  OnFile on_file;              // work on a file begins
  BeforeCommit before_commit;  // all its rows have been added; may be empty
};

// `reader` stands at the first of the group; Throws target::TryAnotherWay when this way can't take them.
std::vector<LoadResult> load_delivery(std::span<const Delivery> group, ParseAhead& reader,
                                      target::Target& target, target::Way way, const Cancellation& stop,
                                      const LoadCallbacks& steps);

}  // namespace peo::loader
