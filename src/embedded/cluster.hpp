// The directory of the embedded database:
//   <directory>/lock               locked by the process that runs the database
//   <directory>/server.log         the server's log; rotated when it gets large (one old file is kept)
//   <directory>/cluster/           PostgreSQL's data directory
//   <directory>/postgres.location  only if `cluster` is elsewhere: its parent directory
// The last one is for a loader that root started in a directory that the server's user can't enter (/root/…):
// the cluster then has its own directory under /var/lib/paper-engine-orders.
#pragma once
#include <filesystem>
#include <optional>

#include "base/cancellation.hpp"
#include "embedded/account.hpp"
#include "embedded/server_programs.hpp"

namespace peo::embedded {

struct Cluster {
  std::filesystem::path parent;  // the directory that contains `cluster`
  Account account;               // the server's user
  std::filesystem::path path() const { return parent / "cluster"; }
  bool exists() const;  // completely created
  std::optional<int> version() const;
};

// `directory` exists. `elsewhere` is the directory for clusters that can't be in their own; empty: Error
// instead. `make`: for a new cluster; otherwise nothing is created.
Cluster find_cluster(const std::filesystem::path& directory, const std::filesystem::path& elsewhere,
                     bool make);

// Creates the cluster completely or not at all: in a temporary directory, which is then renamed. `durable`:
// on disk when this returns. A stop request ends it with an Error.
void create_cluster(const Cluster& cluster, const ServerPrograms& programs, bool durable,
                    const Cancellation& stop);

// Writes who may connect, at each start, because that depends on the user who starts the server.
void write_access_rules(const Cluster& cluster);

}  // namespace peo::embedded
