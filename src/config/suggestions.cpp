#include "config/suggestions.hpp"

#include <algorithm>
#include <vector>

#include "config/parse_value.hpp"

namespace peo::config {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) now[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(now);
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        now[j] = std::min(now[j], before_last[j - 2] + 1);
      }
    }
  }
  return now[b.size()];
}

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
