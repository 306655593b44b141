#include "loader/progress.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace peo::loader {

void Progress::at(std::uint64_t rows, std::uint64_t fetched) {
  const auto now = std::chrono::steady_clock::now();
  if (now - said_ < std::chrono::seconds(3) || fetched == 0) return;
  said_ = now;
  const double share = static_cast<double>(fetched) / static_cast<double>(std::max(object_bytes_, fetched));
  const auto total = std::max(rows, static_cast<std::uint64_t>(static_cast<double>(rows) / share));
  log::info("Delivery {}: processed {}/~{}...", delivery_id_, rows, total);
}

}  // namespace peo::loader
