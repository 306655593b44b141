// Finds PostgreSQL's server programs. Distributions keep them out of PATH, one directory per version.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace peo::embedded {

struct ServerPrograms {
  std::filesystem::path directory;
  int version = 0;  // 15
  std::string operator/(const char* name) const { return (directory / name).string(); }
};

// Searches only `directory` if it is given, else the usual directories, PATH and that of pg_config.
std::vector<ServerPrograms> installed_programs(const std::filesystem::path& directory = {});

// Those of the newest supported version (base/postgres_versions.hpp), or of an existing cluster's version. An
// Error (configuration) with the package to install if there are none.
ServerPrograms choose_programs(const std::vector<ServerPrograms>& installed,
                               std::optional<int> cluster_version);

std::optional<int> newest_supported(const std::vector<ServerPrograms>& installed);

}  // namespace peo::embedded
