// The private PostgreSQL that runs when TARGET is empty: its cluster lies in a folder of the data folder, it
// listens on a private unix socket alone, and it runs as long as the loader does.
//
// Life. start() makes the cluster if there is none, then starts its server; stop() (or the destructor) ends
// it. What a killed loader or a killed server left is taken over: a server that still runs is adopted,
// orphaned backends are ended, a stale postmaster.pid is seen through. A lock on <folder>/lock, freed by the
// kernel with the process, keeps a second loader out: its start() is an Error with exit code 75 that says who
// has it. The server has its own session, so a Ctrl-C on the terminal reaches only the loader, which then
// stops it.
//
// Who may connect. The system user that started the loader (and the server's), as the role paper_engine;
// nobody else. The socket lies in a 0700 folder, and on top of that the server asks the kernel who is at the
// other end (`peer`, with a user map since the system's names differ from the role's). Not `trust`: it
// would make the folder's mode the only guard, and with a loader run by root the server's user `postgres`
// often runs other servers whose users can start programs under its name.
//
// Root. PostgreSQL refuses root, so the server runs as `postgres` (or `nobody`), or as who owns the cluster.
// See cluster.hpp for where its files are when that user can't enter the data folder.
//
// Durability and tuning are PostgreSQL's stock settings; <cluster>/postgresql.conf is the operator's to edit.
//
// Not thread-safe. A throw-away server ends when the thread that called start() ends, so call it from the
// main thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "embedded/cluster.hpp"
#include "embedded/file_lock.hpp"
#include "embedded/postmaster.hpp"

namespace peo::embedded {

struct EmbeddedOptions {
  std::filesystem::path programs;  // PostgreSQL's bin folder; empty: looked for
  // Where clusters go that can't lie in the data folder.
  std::filesystem::path elsewhere = "/var/lib/paper-engine-orders";
};

// How to connect to a server that runs.
std::string conninfo_of(const Postmaster& server);

class EmbeddedPostgres {
 public:
  // Does nothing yet. `folder` is usually DATA_DIR/postgres. `stop` is looked at in every wait of start(),
  // which then throws.
  EmbeddedPostgres(const std::filesystem::path& folder, const Cancellation& stop,
                   EmbeddedOptions options = {});
  // A cluster in a temporary folder, without fsync, removed on stop(); for dry runs. Removes, too, what
  // killed ones left.
  static std::unique_ptr<EmbeddedPostgres> throw_away(const Cancellation& stop, EmbeddedOptions options = {});
  EmbeddedPostgres(const EmbeddedPostgres&) = delete;
  EmbeddedPostgres& operator=(const EmbeddedPostgres&) = delete;
  ~EmbeddedPostgres();

  // Returns when connections are accepted and the database is there. When the server runs already: nothing;
  // when it died meanwhile: starts it again.
  void start();
  // Ends the server by a fast shutdown, or after a while by an immediate one. Safe to call again.
  void stop() noexcept;
  bool running() const;

  // For libpq. Valid after start().
  std::string conninfo() const;
  // To be typed in another shell while the server runs.
  std::string psql_command() const;

  bool has_cluster();                        // one has been made before
  void check_it_can_be_made() const;         // Error when start() surely couldn't; makes nothing
  bool started() const { return started_; }  // by us, not adopted
  int pid() const { return server_.pid; }
  const std::filesystem::path& folder() const { return folder_; }
  const Cluster& cluster() const { return cluster_; }

 private:
  enum class Launch { Ready, Again };

  void prepare_folder();
  void take_lock();
  void start_server();
  bool adopt();
  Launch launch();
  Launch wait_until_ready(pid_t child, std::uint64_t log_offset);
  std::vector<std::string> server_arguments() const;
  void ensure_database() const;
  bool gone() const;
  bool wait_until_gone(std::chrono::milliseconds limit) const;
  void remove_leftover_throw_aways();

  std::filesystem::path folder_;
  const Cancellation& stop_;
  EmbeddedOptions options_;
  bool throw_away_ = false;
  bool started_ = false;
  FileLock lock_;
  Cluster cluster_;
  ServerPrograms programs_;
  Postmaster server_;
  mutable pid_t child_ = 0;  // the server, while it is our child and not reaped
};

}  // namespace peo::embedded
