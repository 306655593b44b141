// What is known of the server of a cluster folder from outside: its postmaster.pid and the processes that
// stand in the folder. A process id alone proves nothing (a machine that rebooted gives it to somebody else),
// so a process counts as this cluster's only when it is a postgres that has the folder as its working folder.
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
  std::string socket_folder;
  std::string status;  // "starting", "ready", "stopping", …; empty while it is not written yet
};

// As postmaster.pid says, whether or not that process is alive.
std::optional<Postmaster> read_postmaster_file(const std::filesystem::path& cluster);

bool is_server_process(pid_t pid, const std::filesystem::path& cluster);

// The live server of the cluster.
std::optional<Postmaster> running_postmaster(const std::filesystem::path& cluster);

// Processes of a server that can't be adopted: its postmaster is gone, or its folder was removed or moved
// away under it.
std::vector<pid_t> orphans(const std::filesystem::path& cluster);

// Ends orphans, by an immediate shutdown and then by force: nobody can read their results any more, and a new
// server does not start as long as they have the shared memory. Then removes a postmaster.pid whose number
// now belongs to another process, which PostgreSQL would take for a running server. To be called before a
// cluster is made, too. Only to be called by who has the cluster's lock.
void clear_leftovers(const std::filesystem::path& cluster);

}  // namespace peo::embedded
