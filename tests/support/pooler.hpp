// PgBouncer in session mode in front of a PostgreSQL, for tests: who connects to its port comes to the
// server, with the users and passwords of that one. It ends with the object.
#pragma once
#include <memory>

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace peo::test {

class Pooler {
 public:
  // `user`: as for the server, which refuses root as PgBouncer does.
  Pooler(int server_port, std::optional<unsigned> user);
  int port() const { return port_; }

  // Whether the test run goes through a pooler (scripts/matrix pgbouncer).
  static bool wanted();

 private:
  TempDir directory_;
  int port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace peo::test
