// A throw-away PostgreSQL for tests: a cluster of its own in a temporary directory, on a free port of
// 127.0.0.1, under an unprivileged user when the tests run as root. It ends with the object, after a failed
// test too; when the test program itself is killed, a watcher outside of its process group ends the server
// and removes the directory.
//
// The superuser `postgres` needs no password; everybody else does (scram), so that a wrong one can be tried.
// fsync is off unless `durable`. Making a cluster costs a second, so a ready one is kept beside the test
// program and copied.
//
//   TestDatabase database;                  // a database of the test's own on the shared server
//   Database(database.conninfo()).execute("CREATE TABLE t (a int)");
#pragma once
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "support/pooler.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace peo::test {

enum class StopMode { Fast, Immediate, Kill };  // Kill: SIGKILL to the postmaster alone, as a crash would

struct PostgresOptions {
  std::map<std::string, std::string> settings;  // postgresql.conf, given on the command line
  bool durable = false;                         // fsync and full_page_writes on, as in a stock server
};

class PostgresServer {
 public:
  explicit PostgresServer(PostgresOptions options = {});
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  // As the superuser.
  std::string conninfo(const std::string& database = "postgres") const;
  // As somebody else, with a password.
  std::string conninfo(const std::string& database, const std::string& user,
                       const std::string& password) const;
  // Makes it and gives its conninfo.
  std::string create_database(const std::string& name);

  void stop(StopMode mode = StopMode::Fast);
  void start();  // on the same port; settings may have been changed in between
  bool running();
  int pid() const;
  int port() const { return port_; }
  std::map<std::string, std::string>& settings() { return options_.settings; }
  const std::filesystem::path& data_directory() const { return data_; }
  std::string log() const;  // what the server has written so far

 private:
  enum class Outcome { Ready, Retry };
  Outcome try_start();
  std::vector<std::string> arguments() const;
  int port_for_clients() const { return pooler_ ? pooler_->port() : port_; }

  PostgresOptions options_;
  TempDir directory_;
  std::filesystem::path data_;
  int watcher_ = -1;  // the writing end of the pipe whose end tells the watcher that we are gone
  int port_ = 0;
  std::unique_ptr<Process> process_;
  std::unique_ptr<Pooler> pooler_;  // conninfo() leads through it
};

// One for the whole test program, made when first asked for.
PostgresServer& shared_postgres();

// A database with a name of its own, dropped at the end even if somebody is still connected.
class TestDatabase {
 public:
  TestDatabase();  // on the shared server, or on the Citus cluster that PEO_TEST_CITUS names
                   // (support/citus.hpp)
  explicit TestDatabase(PostgresServer& server);
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;
  ~TestDatabase();
  const std::string& name() const { return name_; }
  const std::string& conninfo() const { return conninfo_; }
  int port() const;  // the server's own, behind any pooler

 private:
  PostgresServer* server_;  // null: on Citus
  std::string name_;
  std::string conninfo_;
};

// The directory that PEO_TEST_POSTGRES names (scripts/test --postgres sets it), else the newest
// /usr/lib/postgresql/*/bin.
std::filesystem::path postgres_bin();
int postgres_major();  // 15

}  // namespace peo::test
