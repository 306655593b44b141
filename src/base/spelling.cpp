#include "base/spelling.hpp"

#include <algorithm>

#include "base/identifiers.hpp"

namespace peo {

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

std::optional<std::string> similar_name(std::string_view word, const std::vector<std::string>& known) {
  constexpr std::size_t longest = 64;  // longer words are no typos
  if (word.empty() || word.size() > longest) return std::nullopt;
  const auto lower = lower_case(word);
  const auto distance = [&](const std::string& name) { return edit_distance(lower, lower_case(name)); };
  const auto nearest = std::ranges::min_element(known, {}, distance);
  if (nearest == known.end()) return std::nullopt;
  // Short names are within two letters of many unrelated words.
  const std::size_t allowed = nearest->size() >= 5 ? 2 : 1;
  return distance(*nearest) <= allowed ? std::optional(*nearest) : std::nullopt;
}

}  // namespace peo
