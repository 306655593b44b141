#include "embedded/server_programs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "base/postgres_versions.hpp"
#include "embedded/shell.hpp"

namespace peo::embedded {

namespace fs = std::filesystem;

namespace {

std::string first_line_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "re"), ::pclose);
  std::array<char, 4096> line{};
  if (!pipe || std::fgets(line.data(), line.size(), pipe.get()) == nullptr) return {};
  const std::string text(line.data());
  return text.substr(0, text.find('\n'));
}

// From Debian's directory name if possible, which saves running the program at every start. Else from
// "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)", "postgres (PostgreSQL) 17beta1"
int version_of(const fs::path& directory) {
  if (directory.parent_path().parent_path() == "/usr/lib/postgresql") {
    return std::atoi(directory.parent_path().filename().c_str());  // NOLINT(cert-err34-c): 0 is "none"
  }
  const std::string line =
      first_line_of(shell_word((directory / "postgres").string()) + " --version 2>/dev/null");
  const auto digits = line.find_first_of("0123456789");
  return digits == std::string::npos ? 0 : std::atoi(line.c_str() + digits);  // NOLINT(cert-err34-c)
}

void add_numbered(std::vector<fs::path>& directories, const fs::path& parent, const std::string& prefix) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    if (entry.path().filename().string().starts_with(prefix)) directories.push_back(entry.path() / "bin");
  }
}

std::vector<fs::path> usual_directories() {
  std::vector<fs::path> directories;
  add_numbered(directories, "/usr/lib/postgresql", "");  // Debian
  add_numbered(directories, "/usr", "pgsql-");           // PostgreSQL's own packages for Red Hat
  if (const char* path = std::getenv("PATH"); path != nullptr) {
    std::istringstream parts{std::string(path)};
    for (std::string part; std::getline(parts, part, ':');) directories.emplace_back(part);
  }
  return directories;
}

bool has_programs(const fs::path& directory) {
  std::error_code ignored;
  return fs::exists(directory / "postgres", ignored) && fs::exists(directory / "initdb", ignored);
}

}  // namespace

std::vector<ServerPrograms> installed_programs(const fs::path& directory) {
  std::vector<ServerPrograms> found;
  std::set<fs::path> seen;
  const auto consider = [&](const fs::path& candidate) {
    if (candidate.empty() || !has_programs(candidate)) return;
    // Not canonical: a directory of links to the programs keeps its name.
    if (!seen.insert(candidate.lexically_normal()).second) return;
    if (const int version = version_of(candidate); version > 0) found.push_back({candidate, version});
  };
  if (!directory.empty()) {
    consider(directory);
    return found;
  }
  for (const auto& candidate : usual_directories()) consider(candidate);
  if (found.empty()) consider(first_line_of("pg_config --bindir 2>/dev/null"));
  return found;
}

ServerPrograms choose_programs(const std::vector<ServerPrograms>& installed,
                               std::optional<int> cluster_version) {
  const auto hint =
      fmt::format("Install them (apt-get install postgresql{}), or set TARGET to your own server.",
                  cluster_version ? fmt::format("-{}", *cluster_version) : "");
  if (installed.empty()) {
    throw Error::configuration("TARGET is empty, but the programs of a PostgreSQL server are not installed",
                               hint);
  }
  std::set<int> versions;
  for (const auto& programs : installed) versions.insert(programs.version);
  const auto wanted = cluster_version ? cluster_version : newest_supported(installed);
  if (!wanted) {
    throw Error::configuration(fmt::format("TARGET is empty, and the installed PostgreSQL ({}) is not "
                                           "supported; supported versions are {} to {}",
                                           fmt::join(versions, ", "), oldest_postgres, newest_postgres),
                               hint);
  }
  const auto fits = std::ranges::find(installed, *wanted, &ServerPrograms::version);
  if (fits != installed.end()) return *fits;
  throw Error::configuration(
      fmt::format("the embedded database was created by PostgreSQL {}, but only {} {} installed", *wanted,
                  fmt::join(versions, ", "), versions.size() == 1 ? "is" : "are"),
      fmt::format("Install it (apt-get install postgresql-{}), or choose another DATA_DIR to load everything "
                  "again. See docs/operations.md for how to upgrade the database.",
                  *wanted));
}

std::optional<int> newest_supported(const std::vector<ServerPrograms>& installed) {
  std::optional<int> newest;
  for (const auto& programs : installed) {
    if (programs.version >= oldest_postgres && programs.version <= newest_postgres) {
      newest = std::max(newest.value_or(0), programs.version);
    }
  }
  return newest;
}

}  // namespace peo::embedded
