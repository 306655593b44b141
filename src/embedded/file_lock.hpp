// An exclusive lock on a file for the lifetime of the process; the kernel releases it when the process ends.
// The file contains the owner's process id, for messages.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace peo::embedded {

class FileLock {
 public:
  FileLock() = default;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() { release(); }

  // False: another process has it; `owner` is then its id, if known.
  bool acquire(const std::filesystem::path& file, std::string& owner);
  void release();
  bool held() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace peo::embedded
