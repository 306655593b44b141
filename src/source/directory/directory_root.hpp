// The directory that is read in place of a bucket. All access to its contents goes through this class: a path
// that leads out of it, by a symbolic link or by "..", isn't opened. Otherwise anybody who may write into the
// directory could make the loader read any file that its user can read.
//
// Relative links that stay inside are followed; on kernels without openat2 (before 5.6, or where a sandbox
// forbids it) no links are. Functions fail with -1 or false and errno as open(2) and stat(2) do, and with
// EXDEV for a path that leads out. Any thread.
#pragma once
#include <sys/stat.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/log_once.hpp"

namespace peo::source {

class DirectoryRoot {
 public:
  // `path` has no trailing slash; it may itself be a link. Throws peo::Error when it can't be opened.
  // `warned`: links that a warning has been logged for.
  DirectoryRoot(std::string path, std::shared_ptr<LogOnce> warned);
  DirectoryRoot(const DirectoryRoot&) = delete;
  DirectoryRoot& operator=(const DirectoryRoot&) = delete;
  ~DirectoryRoot();

  // `key` is relative; "" is the directory itself. The key of a directory may end with "/".
  std::string path_of(const std::string& key) const { return path_ + "/" + key; }
  int open(const std::string& key, int flags) const;  // a descriptor; the caller closes it
  bool status(const std::string& key, struct stat& status) const;
  // Logs a warning for a link that leads out, once per link. One thread.
  void warn_of_link(const std::string& key) const;

 private:
  std::string path_;
  std::shared_ptr<LogOnce> warned_;
  int root_;
};

// Without openat2: opens component by component, and follows no link.
int open_without_links(int root, std::string_view key, int flags);

}  // namespace peo::source
