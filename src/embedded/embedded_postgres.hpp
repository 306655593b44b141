// The embedded PostgreSQL that runs if TARGET is empty. Its cluster is in DATA_DIR, it listens only on a
// private Unix socket, and it runs as long as the loader.
//
// Lifecycle. start() creates the cluster if there is none, then starts its server; stop() (or the destructor)
// stops it. After a killed loader or server, start() recovers: it adopts a server that is still running, ends
// orphaned backends and ignores a stale postmaster.pid. A lock on <directory>/lock, which the kernel releases
// with the process, keeps out a second loader: its start() is an Error with exit code 75 that names the
// owner. The server has its own session, so Ctrl-C in the terminal reaches only the loader, which then stops
// the server.
//
// Access. Only the system user that started the loader (and the server's user) may connect, as the role
// paper_engine. The socket is in a directory with mode 0700, and the server also uses `peer` authentication,
// with a user name map because the system user names differ from the role's. `trust` would make the mode of
// the directory the only protection, and if root runs the loader, the server's user `postgres` often runs
// other servers whose users can start programs as that user.
//
// Root. PostgreSQL doesn't run as root, so the server runs as `postgres` (or `nobody`), or as the owner of
// the cluster. See cluster.hpp for where its files are if that user can't enter DATA_DIR.
//
// Durability and tuning are PostgreSQL's defaults; operators may edit <cluster>/postgresql.conf.
//
// Not thread-safe. A temporary server ends when the thread that called start() ends, so call it from the main
// thread.
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
  std::filesystem::path programs;  // PostgreSQL's bin directory; empty: searched for
  // The directory of clusters that can't be in DATA_DIR.
  std::filesystem::path elsewhere = "/var/lib/paper-engine-orders";
};

// The connection string of a running server.
std::string conninfo_of(const Postmaster& server);

class EmbeddedPostgres {
 public:
  // Does nothing yet. `directory` is usually DATA_DIR/postgres. A request of `stop` ends every wait of
  // start(), which then throws.
  EmbeddedPostgres(const std::filesystem::path& directory, const Cancellation& stop,
                   EmbeddedOptions options = {});
  // A cluster in a temporary directory, without fsync, removed by stop(); for dry runs. Also removes those
  // that killed processes left behind.
  static std::unique_ptr<EmbeddedPostgres> temporary(const Cancellation& stop, EmbeddedOptions options = {});
  EmbeddedPostgres(const EmbeddedPostgres&) = delete;
  EmbeddedPostgres& operator=(const EmbeddedPostgres&) = delete;
  ~EmbeddedPostgres();

  // Returns when connections are accepted and the database exists. Does nothing if the server is running;
  // restarts it if it has died.
  void start();
  // Stops the server by a fast shutdown, after a timeout by an immediate one. Safe to call again.
  void stop() noexcept;
  bool running() const;

  // For libpq. Valid after start().
  std::string conninfo() const;
  // A command for another shell while the server is running.
  std::string psql_command() const;

  bool has_cluster();                        // a cluster has been created before
  void check_can_be_created() const;         // Error if start() would certainly fail; creates nothing
  bool started() const { return started_; }  // by this process, not adopted
  int pid() const { return server_.pid; }
  const std::filesystem::path& directory() const { return directory_; }
  const Cluster& cluster() const { return cluster_; }

 private:
  enum class Launch { Ready, Again };

  void prepare_directory();
  void take_lock();
  void start_server();
  bool adopt();
  Launch launch();
  Launch wait_until_ready(pid_t child, std::uint64_t log_offset);
  std::vector<std::string> server_arguments() const;
  void ensure_database() const;
  bool has_ended() const;
  bool wait_until_ended(std::chrono::milliseconds limit) const;
  void remove_leftover_temporaries();

  std::filesystem::path directory_;
  const Cancellation& stop_;
  EmbeddedOptions options_;
  bool temporary_ = false;
  bool started_ = false;
  FileLock lock_;
  Cluster cluster_;
  ServerPrograms programs_;
  Postmaster server_;
  mutable pid_t child_ = 0;  // the server, while it is our child and not reaped
};

}  // namespace peo::embedded
