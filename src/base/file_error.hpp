// Maps errors of the operating system on files and directories to an Error.
#pragma once
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

#include "base/error.hpp"

namespace peo {

inline Error file_error(int error_number, const std::string& what_happened) {
  const std::string what = what_happened + ": " + std::generic_category().message(error_number) + ".";
  if (error_number == EACCES || error_number == EPERM || error_number == EROFS)
    return Error::permission(what, "Choose a directory that this user may write to.");
  if (error_number == ENOSPC || error_number == EDQUOT)
    return Error::local_io(what, "Free disk space, or choose a directory on another disk.");
  return Error::local_io(what);
}

// Creates the directory and its parents. True: it didn't exist.
inline bool make_directories(const std::filesystem::path& directory) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(directory, error);
  if (error) throw file_error(error.value(), "can't create the directory " + directory.string());
  return made;
}

// Throws if make_directories would fail, or nothing could be written into the directory; creates nothing.
inline void check_directory_can_be_created(const std::filesystem::path& directory) {
  std::error_code ignored;
  auto there = std::filesystem::absolute(directory);
  while (!std::filesystem::exists(there, ignored) && there != there.parent_path())
    there = there.parent_path();
  int reason = std::filesystem::is_directory(there, ignored) ? 0 : ENOTDIR;
  if (reason == 0 && ::access(there.c_str(), W_OK | X_OK) != 0) reason = errno;
  if (reason != 0) throw file_error(reason, "can't write into the directory " + directory.string());
}

}  // namespace peo
