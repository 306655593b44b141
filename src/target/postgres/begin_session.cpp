#include "target/postgres/begin_session.hpp"

#include <fmt/format.h>

#include "postgres_sql.hpp"

namespace peo::target {

std::string begin_session(Connection& connection) {
  connection.query("SET statement_timeout = 0");  // first and alone: the role's own may be short
  const auto rows = connection.query(std::string(sql::session));
  // The columns after the settings of session.sql. A standby is Retry, not Fatal: during a failover it is
  // promoted, or the next host of the list answers.
  if (rows.boolean(0, 17)) {
    throw Error::retry(
        fmt::format("PostgreSQL at {} is a read-only standby", connection.server()),
        "Point TARGET at the primary, or add target_session_attrs=read-write to a list of hosts.");
  }
  if (rows.null(0, 15)) {
    throw Error::configuration(
        fmt::format("no schema of the search_path exists in the database at {}", connection.server()),
        "Create the schema, or set options='-c search_path=…' in TARGET.");
  }
  if (rows.number(0, 16) < 130000) {
    throw Error::configuration(
        fmt::format("PostgreSQL at {} is too old ({})", connection.server(), rows.number(0, 16)),
        "Version 13 or newer is needed.");
  }
  return std::string(rows.text(0, 15));
}

}  // namespace peo::target
