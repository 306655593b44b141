// Facts from a Citus coordinator's catalog: the version, the workers, and how the entity tables are stored.
// For check, status and migrations; the loads need none of it. One thread; errors are the connection's.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "target/postgres/connection.hpp"

namespace peo::target {

struct CitusWorker {
  std::string name;  // host:port
  bool answers = false;
  std::string error{};                      // why it doesn't
  std::uint64_t prepared_transactions = 0;  // max_prepared_transactions
};

struct CitusTable {
  std::string name;
  std::string column{};    // that it is distributed by; empty: by none
  bool reference = false;  // each worker has a copy
  std::uint64_t shards = 0;
};

struct CitusCluster {
  std::string version;
  std::vector<CitusWorker> workers;
  std::vector<CitusTable> tables;  // those of `names` that are not local to the coordinator
};

// Only where begin_session() reports Citus.
CitusCluster read_citus(Connection& connection, const std::string& schema,
                        const std::vector<std::string>& names);

// How the table is stored: "distributed by order_id", "a reference table", or "local", also without Citus.
std::string distribution_of(Connection& connection, const std::string& schema, const std::string& table);

}  // namespace peo::target
