#include "target/snapshot_keys.hpp"

#include <utility>

#include "target/postgres/sql_template.hpp"
#include "target_sql.hpp"

namespace peo::target {

SnapshotKeys::SnapshotKeys(Connection& connection, const Table& table, std::string incoming)
    : connection_(connection), table_(table), incoming_(std::move(incoming)) {
  connection_.script(fill(sql::create_snapshot_keys, {{"key", table_.key_list()}, {"incoming", incoming_}}));
}

void SnapshotKeys::add() {
  connection_.query(fill(sql::add_snapshot_keys, {{"key", table_.key_list()}, {"incoming", incoming_}}));
}

void SnapshotKeys::complete() { connection_.script(std::string(sql::complete_snapshot_keys)); }

}  // namespace peo::target
