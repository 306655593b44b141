#include "target/ledger/operator_requests.hpp"

#include <fmt/format.h>

#include "base/sql_template.hpp"
#include "ledger_sql.hpp"
#include "target/ledger/ledger.hpp"
#include "target/postgres/begin_session.hpp"
#include "target/schema/entity_tables.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

Requests::Requests(const std::string& conninfo, const Cancellation& stop) : connection_(conninfo, stop) {
  connection_.connect();
  schema_ = begin_session(connection_).schema;
  if (!table_exists(connection_, schema_, "loader_requests")) {
    throw Error::configuration(
        fmt::format("the schema {} has no table loader_requests", quoted_identifier(schema_)),
        "Run the loader once: no loader of this version has run on this TARGET yet.");
  }
}

std::string Requests::own(const char* table) const { return quoted_identifier(schema_) + "." + table; }

TableNames Requests::tables() {
  return entity_tables(connection_, schema_,
                       LedgerTables{own("loader_deliveries"), own("loader_delivery_entities")})
      .names();
}

std::optional<LedgerEntry> Requests::entry(const std::string& entity, const std::string& object_key) {
  const auto found = find_in(connection_, own("loader_deliveries"), entity, {&object_key, 1});
  if (found.empty()) return std::nullopt;
  return found.begin()->second;
}

// In one transaction: the loader must not find both requests open, nor none.
Requests::Asked Requests::ask(const Request& request, const std::string& object_key, const std::string& who) {
  const std::string verb = request.verb == Request::Verb::Skip ? "skip" : "replay";
  const auto requests = own("loader_requests");
  connection_.query("BEGIN");
  try {
    Asked asked;
    const auto replaced =
        connection_.query(fill(sql::request_replace, {{"requests", requests}}), {verb, object_key});
    if (replaced.size() != 0) asked.replaced = replaced.count(0, 0);
    const auto rows = connection_.query(fill(sql::request_insert, {{"requests", requests}}),
                                        {verb, object_key, request.reason, who});
    if (rows.size() == 0)
      throw Error::retry("another request for " + shortened(object_key, 300) + " was written just now",
                         "Run it again; nothing was requested.");
    asked.number = rows.count(0, 0);
    asked.is_new = rows.boolean(0, 1);
    connection_.query("COMMIT");
    return asked;
  } catch (...) {
    connection_.rollback();
    throw;
  }
}

std::optional<std::string> Requests::running_loader() {
  const auto holder = connection_.query(std::string(sql::lock_holder), {schema_});
  if (holder.size() == 0) return std::nullopt;
  return fmt::format("{} from {}", shortened(holder.text(0, 1)), shortened(holder.text(0, 2)));
}

}  // namespace peo::target
