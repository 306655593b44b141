// The folder of the embedded database on disk:
//   <folder>/lock               held by the process that runs the database
//   <folder>/server.log         what the server says; begun anew (one old one is kept) when it has grown
//   <folder>/cluster/           PostgreSQL's own files
//   <folder>/postgres.location  only when `cluster` is not here, but where this says
// The last is for a loader started by root in a folder that the server's user can't enter (/root/…): the
// cluster then lies in a folder of its own under /var/lib/paper-engine-orders.
#pragma once
#include <filesystem>
#include <optional>

#include "base/cancellation.hpp"
#include "embedded/account.hpp"
#include "embedded/server_programs.hpp"

namespace peo::embedded {

struct Cluster {
  std::filesystem::path above;  // the folder that holds `cluster`
  Account account;              // the server's user
  std::filesystem::path path() const { return above / "cluster"; }
  bool exists() const;  // made whole
  std::optional<int> version() const;
};

// `folder` exists. `elsewhere` is the folder for clusters that can't lie in theirs; empty: Error instead.
// `make`: for a new cluster; without it, none is made and no place is taken.
Cluster find_cluster(const std::filesystem::path& folder, const std::filesystem::path& elsewhere, bool make);

// Makes the cluster, whole or not at all: beside its place, then by renaming. `durable`: on disk when this
// returns. A stop that is asked for ends it with an Error.
void make_cluster(const Cluster& cluster, const ServerPrograms& programs, bool durable,
                  const Cancellation& stop);

// Who may connect: written at each start, since it follows from who starts.
void write_access_rules(const Cluster& cluster);

}  // namespace peo::embedded
