// A directory of a test's own, gone when the test ends. Readable by all, so that servers under another user
// can enter.
#pragma once
#include <filesystem>
#include <string>

namespace peo::test {

class TempDir {
 public:
  TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& bytes);  // makes the prefixes above it
std::string gzipped(const std::string& bytes, int level = 6);                  // one member

}  // namespace peo::test
