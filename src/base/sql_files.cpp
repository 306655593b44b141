#include "base/sql_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/error.hpp"

namespace peo {

std::vector<SqlFile> read_sql_files(const std::filesystem::path& directory) {
  std::vector<SqlFile> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed)) {
    if (entry.path().extension() == ".sql") files.push_back({.path = entry.path(), .text = {}});
  }
  if (failed)
    throw Error::local_io(
        fmt::format("can't read the directory {}: {}", directory.string(), failed.message()));
  std::ranges::sort(files, {}, &SqlFile::path);  // a directory lists its files in any order
  for (auto& file : files) {
    std::ifstream stream(file.path, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    if (!stream) throw Error::local_io(fmt::format("can't read {}", file.path.string()));
    file.text = text.str();
  }
  return files;
}

}  // namespace peo
