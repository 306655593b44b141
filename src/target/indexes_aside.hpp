// A first full load without indexes: they are dropped before the rows and built after them, in the load's own
// transaction, which is faster than keeping them up row by row. Who wants to read the table
// meanwhile waits for the commit; after a rollback it is as it was, empty and with its indexes.
//
// Only indexes that can be built again exactly as they were are put aside (sql/indexes.sql), only when the
// table is empty, and only when the loader's role owns it. Errors: as the connection's.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "target/postgres/connection.hpp"
#include "target/table.hpp"

namespace peo::target {

class IndexesAside {
 public:
  IndexesAside() = default;
  // Of a load that has put them aside before.
  explicit IndexesAside(std::vector<std::string> statements) : build_(std::move(statements)) {}

  // Inside an open transaction, before the rows. False: the table isn't empty (or isn't ours); nothing was
  // done. A lock that isn't given soon is an error with SQLSTATE 55P03.
  bool put_aside(Connection& connection, const Table& table);
  // After the rows.
  void build(Connection& connection) const;

  bool any() const { return !build_.empty(); }
  const std::vector<std::string>& statements() const { return build_; }  // that build them

 private:
  std::vector<std::string> build_;  // the statements, the key's first
};

}  // namespace peo::target
