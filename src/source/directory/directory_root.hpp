// The directory that stands for a bucket, and the only way to what is in it: a path that leads out of it, by
// a link or by "..", isn't opened. Who may write into the directory could otherwise have the loader read any
// file that its user can read.
//
// Links that stay inside are followed, if they are relative; on kernels without openat2 (before 5.6, or where
// a sandbox forbids it) none are. Functions fail with -1 or false and errno as open(2) and stat(2) do, and
// with EXDEV for what leads out. Any thread.
#pragma once
#include <sys/stat.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/log_once.hpp"

namespace peo::source {

class DirectoryRoot {
 public:
  // `path` without closing slash; it may itself be a link. Throws peo::Error when it can't be opened.
  // `warned`: links that the log has warned of.
  DirectoryRoot(std::string path, std::shared_ptr<LogOnce> warned);
  DirectoryRoot(const DirectoryRoot&) = delete;
  DirectoryRoot& operator=(const DirectoryRoot&) = delete;
  ~DirectoryRoot();

  // `key` is relative: "" is the directory itself; of a directory it may end with "/".
  std::string path_of(const std::string& key) const { return path_ + "/" + key; }
  int open(const std::string& key, int flags) const;  // a descriptor; the caller closes it
  bool status(const std::string& key, struct stat& status) const;
  // Of a link that leads out, once. One thread.
  void warn_of_link(const std::string& key) const;

 private:
  std::string path_;
  std::shared_ptr<LogOnce> warned_;
  int root_;
};

// Where there is no openat2: opens part by part, and follows no link.
int open_without_links(int root, std::string_view key, int flags);

}  // namespace peo::source
