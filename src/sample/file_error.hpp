// What the operating system refused while a sample was being written, as an Error.
#pragma once
#include <filesystem>
#include <string>
#include <system_error>

#include "base/error.hpp"

namespace peo::sample {

inline Error file_error(int error_number, const std::string& what_happened) {
  const std::string what = what_happened + ": " + std::generic_category().message(error_number) + ".";
  if (error_number == EACCES || error_number == EPERM || error_number == EROFS)
    return Error::permission(what, "Name a folder that this user may write to.");
  if (error_number == ENOSPC || error_number == EDQUOT)
    return Error::local_io(what,
                           "Make room, or name a folder on another disk; what is there is written again.");
  return Error::local_io(what);
}

inline void make_folders(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw file_error(error.value(), "can't make the folder " + folder.string());
}

}  // namespace peo::sample
