// A reload: the keys that its files hold, in a temporary table, so that what none of them holds can go.
// Inside the reload's transaction, or a dry run's. One thread.
#pragma once
#include <string>

#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

class ReloadKeys {
 public:
  // `staging`: the table that holds a file's rows. All must outlive this.
  ReloadKeys(Connection& connection, const Table& table, std::string staging);
  // The keys of the file that stands in `staging`, before it is applied.
  void add();
  // Behind the last file: makes the planner know the keys, and lets it read the whole table against them, for
  // the rest of the transaction.
  void complete();

 private:
  Connection& connection_;
  const Table& table_;
  std::string staging_;
};

}  // namespace peo::target
