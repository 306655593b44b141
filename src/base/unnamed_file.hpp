// An unnamed temporary file, which disappears when it is closed, even by a crash.
#pragma once
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace peo {

// Readable and writable by this user, in an existing directory. Returns the file descriptor, or -1 with
// errno.
inline int open_unnamed_file(const std::filesystem::path& directory) {
  const int file = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) return file;
  auto name = (directory / "paper-engine-orders-XXXXXX").string();  // a file system without O_TMPFILE
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  // Immediately, so that a crash leaves no file behind.
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

}  // namespace peo
