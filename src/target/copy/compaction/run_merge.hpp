// Sorted runs in a file → their entries in the order of the keys, for each key only that of the last run.
//
// Memory: `bytes` for all runs together, and more only where one entry is larger than a run's share. One
// thread. Errors: SpillFailed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "target/copy/compaction/entry.hpp"
#include "target/copy/compaction/spill_file.hpp"

namespace peo::target::compaction {

// A range of the file. A run has each key once, in order; a later run has later rows.
struct Run {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

class RunMerge {
 public:
  // `file` must outlive this.
  RunMerge(const SpillFile& file, const std::vector<Run>& runs, std::size_t bytes);

  // Nothing after the last one. An entry is valid until the next call.
  std::optional<Entry> next();

 private:
  struct Reader {
    Run rest;  // not read yet
    std::vector<char> buffer;
    std::size_t at = 0;      // of the entry in front
    std::size_t filled = 0;  // bytes
    std::uint64_t prefix = 0;
    Entry front;
  };
  bool advance(Reader& reader);  // false: the run is at its end
  void fill(Reader& reader, std::size_t bytes);
  bool behind(std::size_t a, std::size_t b) const;
  void push(std::size_t reader);
  std::size_t pop();

  const SpillFile& file_;
  std::vector<Reader> readers_;  // in the order of the runs
  std::vector<std::size_t> heap_;
  std::optional<std::size_t> given_;  // whose entry the caller is using
};

}  // namespace peo::target::compaction
