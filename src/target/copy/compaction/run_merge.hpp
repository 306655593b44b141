// Sorted runs in a file → their entries in the order of the keys, of each key the last run's only.
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

// Part of the file. Within a run keys stand in order, each once; a later run is of later rows.
struct Run {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

class RunMerge {
 public:
  // `file` must outlive this.
  RunMerge(const SpillFile& file, const std::vector<Run>& runs, std::size_t bytes);

  // Nothing behind the last one. An entry is valid until the next call.
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
  std::optional<std::size_t> given_;  // whose entry the caller has
};

}  // namespace peo::target::compaction
