// Folds a delivery's rows to the last one for each key, and gives them in the order of the keys.
//
// What fits into `memory` stays there. Beyond it, sorted runs go to a nameless temporary file and are merged
// when they are read: memory is bounded, whatever the number of rows; only a row that is larger than all of
// it alone gets its own. add() each row in the file's order, then sort(), then next() until it gives nothing.
// clear() begins anew and keeps the memory. One thread. Errors: SpillFailed (spill_file.hpp).
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
  // A row in memory: sorted are these. `offset` also tells which of two rows came last.
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
  std::unique_ptr<char[]> arena_;  // `capacity_` bytes, of which those that were never used take no memory
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
