#include "target/ledger/lock_wait.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "ledger_sql.hpp"
#include "target/postgres/connection.hpp"

namespace peo::target {

std::string lock_holder_text(const Rows& rows) {
  // Only members of pg_read_all_stats see the last ones of another role's backend.
  std::string details;
  const auto add = [&](int column, std::string_view form) {
    const auto text = shortened(rows.text(0, column));
    if (text.empty() || text == "?") return;
    details += details.empty() ? " (" : ", ";
    details += fmt::format(fmt::runtime(form), text);
  };
  add(2, "user {}");
  add(3, "application \"{}\"");
  add(4, "{}");
  add(5, "in a transaction since {} UTC");
  return fmt::format("{}, held by backend {}{}", shortened(rows.text(0, 0)), shortened(rows.text(0, 1)),
                     details.empty() ? "" : details + ")");
}

std::optional<std::string> table_lock_text(Connection& connection, const std::string& table) {
  // In a transaction pg_stat_activity stays as it was first read.
  connection.query("SELECT pg_stat_clear_snapshot()");
  const auto rows = connection.query(std::string(sql::table_lock), {table});
  if (rows.size() == 0) return std::nullopt;
  return lock_holder_text(rows);
}

}  // namespace peo::target
