// A pooler between the loader and PostgreSQL. In session mode it is no obstacle. In transaction mode each
// transaction may get another session of the server: settings and locks would remain in sessions that
// other programs then use, and temporary tables lost.
#pragma once
#include "target/postgres/connection.hpp"

namespace peo::target {

// Before the first setting or lock of a connection. Fatal (78) behind a pool in transaction or statement
// mode.
void refuse_transaction_pool(Connection& connection);

}  // namespace peo::target
