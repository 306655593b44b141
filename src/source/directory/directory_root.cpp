#include "source/directory/directory_root.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/log.hpp"
#include "source/directory/directory_error.hpp"

namespace peo::source {
namespace {

int open_beneath(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<decltype(how.flags)>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  long opened = -1;
  // EAGAIN: during a concurrent rename the kernel can't tell whether ".." leads out.
  for (int tries = 0; tries < 100; ++tries) {
    opened = ::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
    if (opened >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return static_cast<int>(opened);
}

// Probed once: a sandbox that doesn't know the system call returns ENOSYS or EPERM.
bool has_openat2() {
  static const bool has = [] {
    const int probe = open_beneath(AT_FDCWD, ".", O_PATH | O_CLOEXEC);
    if (probe >= 0) ::close(probe);
    return probe >= 0 || (errno != ENOSYS && errno != EPERM);
  }();
  return has;
}

Error no_such_directory(int error_number, const std::string& path) {
  if (error_number == ENOENT) {
    return Error::configuration("directory " + path + " doesn't exist",
                                "Check bucket_path; a relative path is resolved against the directory that "
                                "the loader was started in.");
  }
  if (error_number == ENOTDIR) {
    return Error::configuration(path + " is not a directory",
                                "Set bucket_path to the directory that contains the schema directories.");
  }
  return directory_error(error_number, "can't access directory " + path);
}

}  // namespace

int open_without_links(int root, std::string_view key, int flags) {
  while (key.ends_with('/')) key.remove_suffix(1);
  int directory = root;
  while (true) {
    const auto slash = key.find('/');
    const std::string part(key.substr(0, slash));
    const bool last = slash == std::string_view::npos;
    int next = -1;
    if (part == "..") {
      errno = EXDEV;
    } else {
      next = ::openat(directory, part.empty() ? "." : part.c_str(),
                      (last ? flags : O_PATH | O_DIRECTORY | O_CLOEXEC) | O_NOFOLLOW);
    }
    if (directory != root) {
      const int failure = errno;
      ::close(directory);
      errno = failure;
    }
    if (last || next < 0) return next;
    directory = next;
    key.remove_prefix(slash + 1);
  }
}

DirectoryRoot::DirectoryRoot(std::string path, std::shared_ptr<LogOnce> warned)
    : path_(std::move(path)),
      warned_(std::move(warned)),
      root_(::open((path_ + "/").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (root_ < 0) throw no_such_directory(errno, path_.empty() ? "/" : path_);
}

DirectoryRoot::~DirectoryRoot() { ::close(root_); }

int DirectoryRoot::open(const std::string& key, int flags) const {
  flags |= O_CLOEXEC;
  return has_openat2() ? open_beneath(root_, key.empty() ? "." : key, flags)
                       : open_without_links(root_, key, flags);
}

void DirectoryRoot::warn_of_link(const std::string& key) const {
  if (!warned_->first_time(key)) return;
  log::warning(
      "Ignoring {}: it is a symbolic link that is absolute or leads out of the directory. Copy the files, or "
      "mount their directory there.",
      path_of(key));
}

bool DirectoryRoot::status(const std::string& key, struct stat& status) const {
  const int file = open(key, O_PATH);
  if (file < 0) return false;
  const bool known = ::fstat(file, &status) == 0;
  const int failure = errno;
  ::close(file);
  errno = failure;
  return known;
}

}  // namespace peo::source
