// The contents of a table as far as needed to count changes: a hash for each key. It applies files by the
// loader's rules for changes, so that expected.json has the true effects of the files, and maintains the
// table's checksum.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/delivery.hpp"
#include "sample/checksum.hpp"

namespace peo::sample {

struct ChangeOf {
  char operation = 'I';
  std::uint64_t key = 0;
  std::uint64_t hash = 0;  // of the row; unused for a delete
};

class TableState {
 public:
  explicit TableState(std::uint64_t first_key) : first_key_(first_key) {}

  // A row of the full load; keys come in order, without gaps.
  void load(std::uint64_t hash);
  // A change file: by the last operation for each key, an equal row changes nothing.
  RowCounts apply(std::span<const ChangeOf> file);

  std::uint64_t rows() const { return rows_; }
  const Checksum& checksum() const { return checksum_; }

 private:
  // nullptr: the key has never occurred.
  std::uint64_t* find(std::uint64_t key);
  std::uint64_t& make(std::uint64_t key);

  std::uint64_t first_key_;
  std::vector<std::uint64_t> hashes_;  // by key; `absent` where there is no row
  std::uint64_t rows_ = 0;
  Checksum checksum_;
};

}  // namespace peo::sample
