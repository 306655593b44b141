#include "embedded/postmaster.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/log.hpp"
#include "embedded/child.hpp"

namespace peo::embedded {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace {

bool is_postgres(pid_t pid) {
  if (!alive(pid)) return false;
  std::error_code error;
  const auto program = fs::read_symlink(fmt::format("/proc/{}/exe", pid), error).filename().string();
  // After an upgrade of the package, it is "postgres (deleted)".
  return !error && program.starts_with("postgres");
}

// A server whose directory was removed or moved still writes to the old path (the control file has the
// absolute path), and would corrupt a new cluster there. Paths are only comparable in the same mount
// namespace: a container's server is not ours.
bool is_server_of_path(pid_t pid, const fs::path& cluster) {
  if (!is_postgres(pid)) return false;
  const std::string process = fmt::format("/proc/{}", pid);
  std::error_code error;
  const auto theirs = fs::read_symlink(process + "/ns/mnt", error);
  if (error || theirs != fs::read_symlink("/proc/self/ns/mnt", error)) return false;
  if (fs::read_symlink(process + "/cwd", error) == cluster.string() + " (deleted)") return true;
  std::ifstream file(process + "/cmdline", std::ios::binary);
  std::string before;
  for (std::string argument; std::getline(file, argument, '\0'); before = argument) {
    if (before == "-D" && argument == cluster.string()) return true;
  }
  return false;
}

}  // namespace

std::optional<Postmaster> read_postmaster_file(const fs::path& cluster) {
  std::ifstream file(cluster / "postmaster.pid");
  std::array<std::string, 8> lines;
  for (auto& line : lines) std::getline(file, line);
  Postmaster found;
  found.pid = std::atoi(lines[0].c_str());  // NOLINT(cert-err34-c): 0 is "none"
  if (found.pid <= 0) return std::nullopt;
  found.port = std::atoi(lines[3].c_str());  // NOLINT(cert-err34-c)
  found.socket_directory = lines[4];
  found.status = lines[7].substr(0, lines[7].find(' '));
  return found;
}

bool is_server_process(pid_t pid, const fs::path& cluster) {
  if (!is_postgres(pid)) return false;
  struct stat theirs {};
  struct stat ours {};
  return ::stat(fmt::format("/proc/{}/cwd", pid).c_str(), &theirs) == 0 &&
         ::stat(cluster.c_str(), &ours) == 0 && theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

std::optional<Postmaster> running_postmaster(const fs::path& cluster) {
  auto found = read_postmaster_file(cluster);
  if (found && is_server_process(found->pid, cluster)) return found;
  return std::nullopt;
}

std::vector<pid_t> orphans(const fs::path& cluster) {
  if (running_postmaster(cluster)) return {};
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename().string();
    if (!std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; }))
      continue;
    const pid_t pid = std::atoi(name.c_str());  // NOLINT(cert-err34-c)
    if (is_server_process(pid, cluster) || is_server_of_path(pid, cluster)) found.push_back(pid);
  }
  return found;
}

void clear_leftovers(const fs::path& cluster) {
  const auto began = steady_clock::now();
  bool logged = false;
  for (auto left = orphans(cluster); !left.empty(); left = orphans(cluster)) {
    if (!logged)
      log::warning("The embedded PostgreSQL was killed; ending its {} remaining {}.", left.size(),
                   left.size() == 1 ? "process" : "processes");
    logged = true;
    const auto waited = steady_clock::now() - began;
    if (waited > std::chrono::seconds(20)) break;  // the server checks again when it starts
    for (const pid_t pid : left) ::kill(pid, waited > std::chrono::seconds(5) ? SIGKILL : SIGQUIT);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const auto stale = read_postmaster_file(cluster);
  if (stale && !is_server_process(stale->pid, cluster) && alive(stale->pid)) {
    log::info("Removed a stale postmaster.pid: its process id, {}, now belongs to another program.",
              stale->pid);
    std::error_code ignored;
    fs::remove(cluster / "postmaster.pid", ignored);
  }
}

}  // namespace peo::embedded
