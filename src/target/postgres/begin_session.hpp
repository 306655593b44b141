// What every connection of the loader begins with: the session's settings, and the check that the loader can
// work with the server.
//
// On Citus, SET LOCAL reaches the workers, too (citus_session.sql).
//
// The schema is read from the search_path once; then the session is pinned to "pg_catalog, pg_temp".
// Statements qualify every relation, and operators of types outside of pg_catalog. `SET LOCAL search_path TO
// DEFAULT` brings back TARGET's path for SQL of the user's own (schema/migrations.cpp).
#pragma once
#include <string>

#include "target/postgres/connection.hpp"

namespace peo::target {

struct ServerSession {
  std::string schema;  // that the loader works in: the first of the search_path that exists
  bool citus = false;  // the server is a Citus coordinator
};

// Retry for a read-only standby; Fatal (78) when there is no schema, the server is too old
// (base/postgres_versions.hpp) or a worker of Citus.
ServerSession begin_session(Connection& connection);

}  // namespace peo::target
