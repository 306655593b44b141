#include "tables/survey/key_finder.hpp"

#include <algorithm>

namespace peo::survey {

KeyFinder::KeyFinder(std::size_t columns) {
  constexpr std::size_t in_pairs = 6;  // of the first columns, where keys usually are
  constexpr std::size_t in_triples = 5;
  const auto take = [&](std::vector<std::size_t> some) { candidates_.push_back({std::move(some)}); };
  for (std::size_t a = 0; a < columns; ++a) take({a});
  for (std::size_t a = 0; a < std::min(columns, in_pairs); ++a) {
    for (std::size_t b = a + 1; b < std::min(columns, in_pairs); ++b) take({a, b});
  }
  for (std::size_t a = 0; a < std::min(columns, in_triples); ++a) {
    for (std::size_t b = a + 1; b < std::min(columns, in_triples); ++b) {
      for (std::size_t c = b + 1; c < std::min(columns, in_triples); ++c) take({a, b, c});
    }
  }
}

std::uint64_t hash_of(const Value* values, const std::vector<std::size_t>& columns) {
  std::uint64_t hash = 0;
  for (const auto column : columns) hash = (hash * 0x9e3779b97f4a7c15ULL) ^ hash_of(values[column].text);
  return hash == 0 ? 1 : hash;
}

void KeyFinder::add(const Value* values) {
  if (rows_ == most_rows) return;
  ++rows_;
  std::erase_if(candidates_, [values](Candidate& candidate) {
    return std::any_of(candidate.columns.begin(), candidate.columns.end(),
                       [values](auto column) { return values[column].null; }) ||
           !candidate.seen.add(hash_of(values, candidate.columns));
  });
}

std::vector<std::vector<std::size_t>> KeyFinder::candidates() const {
  std::vector<std::vector<std::size_t>> found;
  if (rows_ == 0) return found;
  for (const auto& candidate : candidates_) {
    // A pair that includes a unique column is redundant.
    const bool more_than_needed = std::any_of(found.begin(), found.end(), [&](const auto& smaller) {
      return std::includes(candidate.columns.begin(), candidate.columns.end(), smaller.begin(),
                           smaller.end());
    });
    if (!more_than_needed) found.push_back(candidate.columns);
  }
  return found;
}

}  // namespace peo::survey
