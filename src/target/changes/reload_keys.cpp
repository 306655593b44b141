#include "target/changes/reload_keys.hpp"

#include <utility>

#include "base/sql_template.hpp"
#include "changes_sql.hpp"

namespace peo::target {

ReloadKeys::ReloadKeys(Connection& connection, const Table& table, std::string staging)
    : connection_(connection), table_(table), staging_(std::move(staging)) {
  connection_.script(fill(sql::create_reload_keys, {{"key", table_.key_list()}, {"staging", staging_}}));
}

void ReloadKeys::add() {
  connection_.query(fill(sql::add_reload_keys, {{"key", table_.key_list()}, {"staging", staging_}}));
}

void ReloadKeys::complete() {
  connection_.query(std::string(sql::complete_reload_keys));
  connection_.query("SET LOCAL enable_hashjoin = on");
}

}  // namespace peo::target
