#include "embedded/file_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace peo::embedded {

bool FileLock::acquire(const std::filesystem::path& file, std::string& owner) {
  if (held()) return true;
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    const std::string what =
        fmt::format("can't open the lock file {}: {}", file.string(), std::strerror(errno));
    if (errno == EACCES || errno == EPERM) {
      throw Error::permission(what, "Run as the user who created it, or choose another DATA_DIR.");
    }
    throw Error::local_io(what);
  }
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    std::array<char, 24> text{};
    const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
    ::close(fd);
    if (error != EWOULDBLOCK) {
      throw Error::local_io(fmt::format("can't lock {}: {}", file.string(), std::strerror(error)));
    }
    owner.assign(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
    owner.erase(owner.find_last_not_of('\n') + 1);
    return false;
  }
  const std::string own = fmt::format("{}\n", ::getpid());
  // Only for messages, so a full disk is not an error.
  if (::ftruncate(fd, 0) == 0) {
    [[maybe_unused]] const auto written = ::pwrite(fd, own.data(), own.size(), 0);
  }
  fd_ = fd;
  return true;
}

void FileLock::release() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace peo::embedded
