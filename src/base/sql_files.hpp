// The *.sql files of a directory, such as that of ENTITIES, in the order in which they are applied: that of
// their names, which begin with a number. Errors: Fatal (74) if the directory or a file can't be read.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace peo {

struct SqlFile {
  std::filesystem::path path;
  std::string text;
};

std::vector<SqlFile> read_sql_files(const std::filesystem::path& directory);

}  // namespace peo
