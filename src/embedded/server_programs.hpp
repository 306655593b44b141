// Where PostgreSQL's server programs are. Distributions keep them out of PATH, one folder a version.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace peo::embedded {

struct ServerPrograms {
  std::filesystem::path folder;
  int version = 0;  // 15
  std::string operator/(const char* name) const { return (folder / name).string(); }
};

// Looks in `folder` alone when it is given, else in the usual folders, PATH and what pg_config says.
std::vector<ServerPrograms> installed_programs(const std::filesystem::path& folder = {});

// The newest of a supported version (base/postgres_versions.hpp), or those that fit a cluster that exists.
// None: Error (configuration) that says what to install.
ServerPrograms choose_programs(const std::vector<ServerPrograms>& installed,
                               std::optional<int> cluster_version);

std::optional<int> newest_supported(const std::vector<ServerPrograms>& installed);

}  // namespace peo::embedded
