// Reduces a delivery's rows to the last one for each key, and returns them in the order of the keys.
//
// Rows are kept in `memory` bytes. Beyond that, sorted runs go to an unnamed temporary file and are merged
// when they are read: memory is bounded, whatever the number of rows; only a single row larger than `memory`
// gets more. Call add() for each row in the file's order, then sort(), then next() until it returns nothing.
// clear() starts again and keeps the memory. One thread. Errors: SpillFailed (spill_file.hpp).
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "target/copy/compaction/entry.hpp"
#include "target/copy/compaction/run_merge.hpp"
#include "target/copy/compaction/spill_file.hpp"

namespace peo::target::compaction {

class Compaction {
 public:
  explicit Compaction(std::size_t memory);

  void add(const Entry& entry);
  void sort();
  std::optional<Entry> next();  // valid until the next call
  void clear();

  std::uint64_t added() const { return added_; }
  std::size_t runs() const { return runs_.size(); }  // in the file

 private:
  // A row in memory. Sorting moves only these. The higher `offset` belongs to the later row.
  struct Row {
    std::uint64_t prefix;
    std::uint64_t offset;
  };
  std::size_t taken() const { return used_ + rows_.size() * sizeof(Row); }
  Entry at(const Row& row) const { return Entry::read(arena_.get() + row.offset); }
  void sort_rows();  // and drops all but the last of each key
  void spill();
  void merge_all();

  std::size_t memory_;
  std::unique_ptr<char[]> arena_;  // `capacity_` bytes; pages that are never written take no memory
  std::size_t capacity_ = 0;
  std::size_t used_ = 0;
  std::vector<Row> rows_;
  std::uint64_t added_ = 0;
  std::optional<SpillFile> file_;
  std::vector<Run> runs_;
  std::optional<RunMerge> merge_;
  std::size_t next_ = 0;
};

}  // namespace peo::target::compaction
