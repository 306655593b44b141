// Steps 2 to 6 for one delivery or a group of full-load files of one entity: from the bucket into the target,
// in one transaction. Afterwards, either all their changes, ledger rows and messages are in the target or
// none of them. (The exception is a first full load over several connections, see
// target/full_load/unfinished_loads.hpp.) One thread.
#pragma once
#include <chrono>
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

// Deliveries that were loaded together, after their commit.
struct Committed {
  std::span<const Delivery> deliveries;  // at least one
  std::span<const LoadResult> results;   // one for each
  std::chrono::steady_clock::time_point began;
};

using OnFile = std::function<void(const Delivery&, std::uint64_t id)>;
using BeforeCommit = std::function<void(target::DeliveryLoad&, const Delivery&)>;
using OnCommit = std::function<void(const Committed&)>;

struct LoadCallbacks {
  OnFile on_file;              // before a file's first row
  BeforeCommit before_commit;  // after a file's last row; may be empty
};

// `reader` is at the first of the group. Throws target::FallBack when the method can't load them.
std::vector<LoadResult> load_delivery(std::span<const Delivery> group, ParseAhead& reader,
                                      target::Loads& loads, target::LoadMethod method,
                                      const Cancellation& stop, const LoadCallbacks& callbacks);

}  // namespace peo::loader
