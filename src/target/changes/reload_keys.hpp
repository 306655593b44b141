// The keys in the files of a reload, in a temporary table, so that all other rows can be removed. Within the
// reload's transaction, or a dry run's. One thread.
#pragma once
#include <string>

#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

class ReloadKeys {
 public:
  // `staging`: the table with a file's rows. `connection` and `table` must outlive this.
  ReloadKeys(Connection& connection, const Table& table, std::string staging);
  // Adds the keys in `staging`. After the file is applied: rows that were rejected are no longer there, so
  // what the table has under their keys is removed.
  void add();
  // After the last file: analyzes the keys, and allows hash joins for the rest of the transaction, so that
  // the whole table is compared with them in one pass.
  void complete();

 private:
  Connection& connection_;
  const Table& table_;
  std::string staging_;
};

}  // namespace peo::target
