// Finds keys of a full load: single columns, and pairs and triples of the first few, that are unique and
// never NULL. Reads a limited number of rows, so its memory is bounded.
#pragma once
#include <cstdint>
#include <vector>

#include "tables/survey/row_reader.hpp"
#include "tables/survey/sketches.hpp"

namespace peo::survey {

class KeyFinder {
 public:
  static constexpr std::size_t most_rows = 50'000;
  explicit KeyFinder(std::size_t columns);
  // A row of a full load, without Op.
  void add(const Value* values);
  std::uint64_t rows() const { return rows_; }
  // The remaining candidates: columns by place, the shortest and first ones first. None without rows.
  std::vector<std::vector<std::size_t>> candidates() const;

 private:
  struct Candidate {
    std::vector<std::size_t> columns;
    DistinctCounter seen{most_rows};
  };
  std::vector<Candidate> candidates_;
  std::uint64_t rows_ = 0;
};

// The hash of some columns of a row.
std::uint64_t hash_of(const Value* values, const std::vector<std::size_t>& columns);

}  // namespace peo::survey
