#include "target/copy/compaction/spill_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "base/unnamed_file.hpp"

namespace peo::target::compaction {
namespace {

[[noreturn]] void failed(const char* what, int error) {
  throw SpillFailed(fmt::format("{}: {}", what, std::generic_category().message(error)));
}

int open_spill() {
  std::error_code none;
  const auto directory = std::filesystem::temp_directory_path(none);
  if (none) failed("the directory for temporary files", none.value());
  const int file = open_unnamed_file(directory);
  if (file < 0) failed(directory.c_str(), errno);
  return file;
}

}  // namespace

SpillFile::SpillFile() : file_(open_spill()) {}

SpillFile::SpillFile(SpillFile&& other) noexcept
    : file_(std::exchange(other.file_, -1)), size_(std::exchange(other.size_, 0)) {}

SpillFile& SpillFile::operator=(SpillFile&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(size_, other.size_);
  return *this;
}

SpillFile::~SpillFile() {
  if (file_ >= 0) ::close(file_);
}

void SpillFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (written < 0 && errno == EINTR) continue;
    // A full disk may show as a write of 0 bytes.
    if (written <= 0) failed("writing a temporary file", written < 0 ? errno : ENOSPC);
    size_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void SpillFile::read(std::uint64_t offset, char* into, std::size_t bytes) const {
  while (bytes != 0) {
    const auto got = ::pread(file_, into, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) failed("reading a temporary file", got < 0 ? errno : EIO);
    offset += static_cast<std::uint64_t>(got);
    into += got;
    bytes -= static_cast<std::size_t>(got);
  }
}

}  // namespace peo::target::compaction
