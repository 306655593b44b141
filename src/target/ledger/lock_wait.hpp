// Texts about locks of other sessions that a load, a dry run or a migration waits for.
#pragma once
#include <optional>
#include <string>

namespace peo::target {

class Connection;
class Rows;

// "public.orders, held by backend 4711 (user anna, idle in transaction, …)", of the first row of
// lock_wait.sql or table_lock.sql.
std::string lock_holder_text(const Rows& rows);

// The same for the session that keeps others from reading a table (its qualified name), now; none: nobody
// does any more, or the lock is held on another node. Throws errors of the connection.
std::optional<std::string> table_lock_text(Connection& connection, const std::string& table);

}  // namespace peo::target
