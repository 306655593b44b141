#include "target/postgres/pooler.hpp"

#include "base/error.hpp"

namespace peo::target {
namespace {

// Begins a transaction, in which even a pool keeps the session, and queries which one it is. The role's
// statement_timeout may be too short for that; SET LOCAL has no lasting effect.
std::int64_t begin_in(Connection& connection) {
  return connection.script("BEGIN; SET LOCAL statement_timeout = 0; SELECT pg_catalog.pg_backend_pid()")
      .number(0, 0);
}

std::int64_t backend_of(Connection& connection) {
  const auto backend = begin_in(connection);
  connection.query("COMMIT");
  return backend;
}

// Two open connections that get one session of the server, or one that gets several: only a pool in
// transaction mode does that. An idle pool assigns the session that was freed last, so a second connection
// gets it; in a busy pool other programs get it first, and the first connection then gets another one.
bool shares_sessions(Connection& connection, std::int64_t first) {
  Connection second = connection.another();
  second.connect();
  for (int tries = 0; tries < 3; ++tries) {
    const bool same = begin_in(second) == first;
    const bool moved = !same && backend_of(connection) != first;
    second.query("COMMIT");
    if (same || moved) return true;
  }
  return false;
}

}  // namespace

void refuse_transaction_pool(Connection& connection) {
  const auto backend = backend_of(connection);
  if (backend == connection.told_backend()) return;  // no pooler, or one that reports the real number
  bool shared = false;
  try {
    shared = shares_sessions(connection, backend);
  } catch (const Error& error) {
    // A pool in statement mode refuses BEGIN.
    if (error.sqlstate() != "08P01" || error.kind() != ErrorKind::Retry) throw;
    shared = true;
  }
  if (!shared) return;
  throw Error::configuration(
      "TARGET is a connection pool in transaction mode, whose connections share sessions",
      "Set TARGET to PostgreSQL itself, or to a pool in session mode.");
}

}  // namespace peo::target
