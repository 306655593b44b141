// Dropping an entity's table so that the changed SQL of ENTITIES can create it again, in the transaction that
// is open.
//
// For consumers every row is removed, with an event_id of its own, and a message tells it; the counters only
// grow. The ledger forgets the table's files, so that they are loaded from the start, with their rejected
// rows; in their place it has one delivery of the status "recreated". What was granted on the table is lost.
// Errors: the connection's; Fatal (78) when something depends on the table, or transaction files have brought
// rows to it, which would not come again. The caller holds the writer lock.
#pragma once
#include <cstdint>
#include <string>

#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

struct RecreatedBy {
  std::string migration, sha256;
  std::size_t size = 0;
  bool is_gone = false;  // the file creates no table of this name any more
};

// Returns what was lost, as a sentence.
std::string drop_for_recreation(Connection& connection, const std::string& schema, const Table& table,
                                const RecreatedBy& by, bool notifications);

}  // namespace peo::target
