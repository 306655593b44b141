#include "target/postgres/begin_session.hpp"

#include <fmt/format.h>

#include "base/postgres_versions.hpp"
#include "postgres_sql.hpp"
#include "target/postgres/pooler.hpp"

namespace peo::target {

// 120022 is 12.22.
static std::string version_text(int version) {
  return fmt::format("{}.{}", version / 10000, version % 10000);
}

// A worker has the distributed tables too. But the loader's own tables are local to the coordinator: a loader
// on a worker would have a separate ledger, and load everything again.
static void begin_citus(Connection& connection) {
  const auto rows = connection.query(std::string(sql::citus_session));
  if (rows.number(0, 0) == 0) return;
  throw Error::configuration(
      fmt::format("PostgreSQL at {} is a worker of a Citus cluster", connection.server()),
      "Set TARGET to the coordinator.");
}

ServerSession begin_session(Connection& connection) {
  // Before any statement, which an older server may not support.
  if (connection.version() < oldest_postgres * 10000) {
    throw Error::configuration(
        fmt::format("PostgreSQL {} at {} is too old", version_text(connection.version()),
                    connection.server()),
        fmt::format("Use a supported version, {} to {}.", oldest_postgres, newest_postgres));
  }
  refuse_transaction_pool(connection);
  connection.query("SET statement_timeout = 0");  // first and alone: the role's own may be short
  const auto schema = connection.query("SELECT current_schema()");
  // Anybody who may create objects in a schema of the path could otherwise have statements of the loader call
  // a function or an operator of theirs, with the rights of its role (CVE-2018-1058). SET looks nothing up.
  connection.query("SET search_path = pg_catalog, pg_temp");
  const auto rows = connection.query(std::string(sql::session));
  // A standby is Retry, not Fatal: during a failover it is promoted, or the next host of the list answers.
  if (rows.boolean(0, 0)) {
    throw Error::retry(
        fmt::format("PostgreSQL at {} is a read-only standby", connection.server()),
        "Set TARGET to the primary, or add target_session_attrs=read-write to a list of hosts.");
  }
  if (schema.null(0, 0)) {
    throw Error::configuration(
        fmt::format("no schema of the search_path exists in the database at {}", connection.server()),
        "Create the schema, or set options='-c search_path=…' in TARGET.");
  }
  const bool citus = rows.boolean(0, 1);
  if (citus) begin_citus(connection);
  return {std::string(schema.text(0, 0)), citus};
}

}  // namespace peo::target
