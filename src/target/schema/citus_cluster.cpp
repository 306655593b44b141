#include "target/schema/citus_cluster.hpp"

#include <cstdlib>

#include "base/identifiers.hpp"
#include "schema_sql.hpp"

namespace peo::target {

CitusCluster read_citus(Connection& connection, const std::string& schema,
                        const std::vector<std::string>& names) {
  CitusCluster cluster;
  cluster.version =
      connection.query("SELECT extversion FROM pg_extension WHERE extname = 'citus'").text(0, 0);
  const auto workers = connection.query(std::string(sql::citus_workers));
  for (int i = 0; i < workers.size(); ++i) {
    CitusWorker worker{.name = std::string(workers.text(i, 0)), .answers = workers.boolean(i, 1)};
    const std::string result(workers.text(i, 2));
    if (worker.answers) {
      worker.prepared_transactions = std::strtoull(result.c_str(), nullptr, 10);
    } else {
      worker.error = result;
    }
    cluster.workers.push_back(std::move(worker));
  }
  const auto tables = connection.query(std::string(sql::citus_tables), {schema, array_of(names)});
  for (int i = 0; i < tables.size(); ++i) {
    CitusTable table{.name = std::string(tables.text(i, 0)),
                     .reference = tables.boolean(i, 2),
                     .shards = tables.count(i, 3)};
    if (!tables.null(i, 1)) table.column = tables.text(i, 1);
    cluster.tables.push_back(std::move(table));
  }
  return cluster;
}

std::string distribution_of(Connection& connection, const std::string& schema, const std::string& table) {
  if (!connection.query("SELECT to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL").boolean(0, 0))
    return "local";
  const auto tables =
      connection.query(std::string(sql::citus_tables), {schema, array_of(std::vector{table})});
  if (tables.size() == 0) return "local";
  if (tables.boolean(0, 2)) return "a reference table";
  return tables.null(0, 1) ? "local" : "distributed by " + shortened(tables.text(0, 1));
}

}  // namespace peo::target
