// Drops an entity's table so that the changed SQL of ENTITIES can create it again, in the open transaction.
//
// For consumers, each row is removed with its own event_id, and a message reports it; the counters only grow.
// The ledger entries and rejected rows of the table's files are deleted, so that the files are loaded from
// the beginning; one delivery with the status "recreated" replaces them. Grants on the table are lost.
// Errors: those of the connection; Fatal (78) if something depends on the table, or if transaction files
// brought rows to it, which would not be loaded again. The caller holds the writer lock.
#pragma once
#include <cstdint>
#include <string>

#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

struct RecreatedBy {
  std::string migration, sha256;
  std::size_t size = 0;
  bool is_gone = false;  // the file no longer creates a table of this name
};

// Returns what was lost, as a sentence.
std::string drop_for_recreation(Connection& connection, const std::string& schema, const Table& table,
                                const RecreatedBy& by, bool notifications);

}  // namespace peo::target
