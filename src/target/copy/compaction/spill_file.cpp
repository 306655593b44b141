#include "target/copy/compaction/spill_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

namespace peo::target::compaction {
namespace {

[[noreturn]] void failed(const char* what, int error) {
  throw SpillFailed(fmt::format("{}: {}", what, std::generic_category().message(error)));
}

int open_nameless() {
  std::error_code none;
  auto folder = std::filesystem::temp_directory_path(none).string();
  if (none) failed("the folder for temporary files", none.value());
  const int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) return file;
  auto name = folder + "/paper-engine-orders-XXXXXX";  // a file system without O_TMPFILE
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named < 0) failed(folder.c_str(), errno);
  // At once: a crash leaves no file.
  ::unlink(name.c_str());
  return named;
}

}  // namespace

SpillFile::SpillFile() : file_(open_nameless()) {}

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
