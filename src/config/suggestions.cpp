#include "config/suggestions.hpp"

#include <algorithm>

#include "base/spelling.hpp"
#include "config/parse_value.hpp"

namespace peo::config {

std::optional<std::string> probably_meant(std::string_view name, std::span<const std::string> known) {
  constexpr std::size_t longest = 64;  // longer names are no typos
  if (name.size() > longest || std::find(known.begin(), known.end(), name) != known.end())
    return std::nullopt;
  const std::string lower = lower_case(name);
  std::optional<std::string> best;
  std::size_t best_distance = 3;
  for (const auto& candidate : known) {
    const auto distance = edit_distance(lower, lower_case(candidate));
    // Short names are within two letters of many unrelated words: FORCE and SOURCE.
    const std::size_t allowed = candidate.size() >= 8 ? 2 : candidate.size() >= 6 ? 1 : 0;
    if (distance <= allowed && distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace peo::config
