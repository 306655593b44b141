// A lock that one process at a time has on a file, for as long as it lives; the kernel frees it with the
// process, however that ends. The file holds the owner's process id, for messages.
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

  // False: another process has it; `owner` then holds its id, as far as it is known.
  bool acquire(const std::filesystem::path& file, std::string& owner);
  void release();
  bool held() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace peo::embedded
