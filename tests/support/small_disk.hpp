// A disk of a few megabytes that can be filled, for a tablespace or a loader's files.
#pragma once
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/temp_dir.hpp"

namespace peo::test {

// Its owner is that of `like`. Without the right to mount there is none.
class SmallDisk {
 public:
  explicit SmallDisk(const std::filesystem::path& like) {
    struct stat owner {};
    if (::stat(like.c_str(), &owner) != 0) return;
    const auto options = fmt::format("size=40m,mode=0700,uid={},gid={}", owner.st_uid, owner.st_gid);
    there_ = ::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (there_) ::umount2(directory_.path().c_str(), MNT_DETACH);
  }
  explicit operator bool() const { return there_; }
  std::string path() const { return directory_.path().string(); }
  void fill() const {
    std::ofstream file(directory_ / "ballast", std::ios::binary);
    const std::string piece(4096, 'x');
    while (file.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush()) continue;
  }
  void empty() const { std::filesystem::remove(directory_ / "ballast"); }

 private:
  TempDir directory_;
  bool there_ = false;
};

}  // namespace peo::test
