// A late file, whose rows are in the staging table and lose the keys that newer deliveries contain. Within
// the late file's transaction, or a dry run's; one for each of its tables. If a newer row has no value for
// some columns (FORMAT's no_sup_value), they lose only the other columns. One thread.
#pragma once
#include <memory>
#include <string>

#include "decode/change.hpp"
#include "target/copy/row_copy.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

class SupersededRows {
 public:
  // `staging` holds the late file's rows, with all columns of the table. `connection` and `table` must
  // outlive this.
  SupersededRows(Connection& connection, const Table& table, std::string staging);
  void add(const decode::ChangeBatch& batch);
  void end_copy();  // before another COPY or statement on the connection
  void end_delivery();
  bool any_left();  // whether the late file has rows left

 private:
  Connection& connection_;
  const Table& table_;
  std::string staging_, later_;
  std::unique_ptr<RowCopy> copy_;
  bool any_ = false;       // the newer delivery has rows
  bool unlogged_ = false;  // some of them have no value for a column
};

}  // namespace peo::target
