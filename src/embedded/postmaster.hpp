// Finds the server of a cluster from outside, by its postmaster.pid and the processes that use the cluster's
// directory. A process id alone proves nothing (after a reboot, another process may have it), so a process
// belongs to this cluster only if it is a postgres with the cluster as its working directory.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace peo::embedded {

struct Postmaster {
  pid_t pid = 0;
  int port = 0;
  std::string socket_directory;
  std::string status;  // "starting", "ready", "stopping", …; empty: not written yet
};

// The contents of postmaster.pid, whether or not that process is alive.
std::optional<Postmaster> read_postmaster_file(const std::filesystem::path& cluster);

bool is_server_process(pid_t pid, const std::filesystem::path& cluster);

// The live server of the cluster.
std::optional<Postmaster> running_postmaster(const std::filesystem::path& cluster);

// Processes of a server that can't be adopted: its postmaster has ended, or its directory was removed or
// moved while it was running.
std::vector<pid_t> orphans(const std::filesystem::path& cluster);

// Ends orphans, by an immediate shutdown and then by force: their results are lost anyway, and a new server
// doesn't start while they use the shared memory. Then removes a postmaster.pid whose process id now belongs
// to another process, which PostgreSQL would mistake for a running server. Also called before a cluster is
// created. The caller must have the cluster's lock.
void clear_leftovers(const std::filesystem::path& cluster);

}  // namespace peo::embedded
