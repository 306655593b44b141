// An unnamed file in the directory for temporary files (TMPDIR, else /tmp): nothing is left of it, whatever
// happens. One thread. Errors: SpillFailed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace peo::target::compaction {

// The directory can't be written to, or the disk is full: the rows must be loaded uncompacted.
struct SpillFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class SpillFile {
 public:
  SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;
  SpillFile(SpillFile&& other) noexcept;
  SpillFile& operator=(SpillFile&& other) noexcept;
  ~SpillFile();

  void append(std::string_view bytes);
  std::uint64_t size() const { return size_; }
  void read(std::uint64_t offset, char* into, std::size_t bytes) const;

 private:
  int file_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace peo::target::compaction
