// A first full load without indexes: they are dropped before the rows and built after them, in the load's own
// transaction, which is faster than keeping them up row by row. Who wants to read the table
// meanwhile waits for the commit; after a rollback it is as it was, empty and with its indexes.
//
// Only indexes that can be built again exactly as they were are put aside (sql/indexes.sql), only when the
// table is empty, and only when the loader's role owns it. The others stay, each for itself: a key that a
// foreign key needs does not keep the rest. Errors: as the connection's.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

// What builds an index again.
struct RebuiltIndex {
  std::string name{};  // qualified and quoted
  std::string
      create{};  // takes no lock that would keep another from being created; empty: there's `attach` alone
  std::string attach{};  // makes its constraint; empty: it is none's
};

// One that stays during the load.
struct RetainedIndex {
  std::string name, why;
};

class IndexRebuild {
 public:
  IndexRebuild() = default;
  // Of a load that broke off, from its statements().
  explicit IndexRebuild(const std::vector<std::string>& statements);

  // Inside an open transaction, before the rows. False: the table isn't empty (or isn't ours); nothing was
  // done. A lock that isn't given soon is an error with SQLSTATE 55P03.
  bool drop(Connection& connection, const Table& table);
  // After the rows: one after the other. Or, over several connections, first created by
  // ParallelCopy::create, then attached.
  void rebuild(Connection& connection) const;
  void attach(Connection& connection) const;

  bool any() const { return !indexes_.empty(); }
  const std::vector<RetainedIndex>& retained() const { return retained_; }
  // One of those that stay is unique, or an exclusion constraint's.
  bool retains_unique() const { return retains_unique_; }
  std::vector<std::string> create_statements() const;
  // That build them whether some of them have been created meanwhile or not.
  std::vector<std::string> statements() const;

 private:
  std::vector<RebuiltIndex> indexes_;  // the key's first
  std::vector<RetainedIndex> retained_;
  bool retains_unique_ = false;
};

// Memory and processes for building an index, as one of so many that are built at the same time; for the
// transaction.
void set_for_building(Connection& connection, std::size_t together);

}  // namespace peo::target
