// A first full load without indexes: they are dropped before the rows and created after them, in the load's
// own transaction, which is faster than maintaining them row by row. Readers of the table wait for the
// commit; after a rollback it is as it was, empty and with its indexes.
//
// Indexes are dropped only when the table is empty, the loader's role owns it, and they can be created again
// exactly as they were (indexes.sql). The others are retained individually: a key that a foreign key needs
// doesn't keep the rest. Errors: as the connection's. One thread.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

// What creates a dropped index again.
struct RebuiltIndex {
  std::string name{};  // qualified and quoted
  std::string
      create{};  // takes no lock that excludes creating another one; empty: `attach` creates the index
  std::string attach{};  // makes it a constraint's index; empty: it belongs to none
};

// An index that is retained during the load, and why.
struct RetainedIndex {
  std::string name, why;
};

class IndexRebuild {
 public:
  IndexRebuild() = default;
  // For a load that was interrupted, from its statements().
  explicit IndexRebuild(const std::vector<std::string>& statements);

  // Within an open transaction, before the rows. False: the table isn't empty or isn't the loader's, and
  // nothing was done. A lock that isn't granted in time is an error with SQLSTATE 55P03.
  bool drop(Connection& connection, const Table& table);
  // After the rows: rebuild() creates the indexes one after the other. With several connections,
  // ParallelCopy::create() creates them first, and attach() adds their constraints.
  void rebuild(Connection& connection) const;
  void attach(Connection& connection) const;

  bool any() const { return !indexes_.empty(); }
  const std::vector<RetainedIndex>& retained() const { return retained_; }
  // A retained index is unique, or an exclusion constraint's.
  bool retains_unique() const { return retains_unique_; }
  std::vector<std::string> create_statements() const;
  // They create all indexes, whether or not some of them exist by then.
  std::vector<std::string> statements() const;

 private:
  std::vector<RebuiltIndex> indexes_;  // that of the primary key first
  std::vector<RetainedIndex> retained_;
  bool retains_unique_ = false;
};

// Memory and parallel workers for creating an index while `together` of them are created at the same time.
// Until the end of the transaction.
void set_for_building(Connection& connection, std::size_t together);

}  // namespace peo::target
