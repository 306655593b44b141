// A late file on the staged way: its rows stand in the staging table, and lose the keys that deliveries
// after it hold. Inside the late file's transaction, or a dry run's; one for each of its tables. One thread.
#pragma once
#include <memory>
#include <string>

#include "decode/change.hpp"
#include "target/copy/row_copy.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

class SupersededRows {
 public:
  // `staging` holds the late file's rows; all its columns. All must outlive this.
  SupersededRows(Connection& connection, const Table& table, std::string staging);
  void add(const decode::ChangeBatch& batch);
  void end_copy();  // another COPY is to come on the connection
  void end_delivery();
  bool any_left();  // rows of the late file

 private:
  Connection& connection_;
  const Table& table_;
  std::string staging_, later_;
  std::unique_ptr<RowCopy> copy_;
  bool any_ = false;  // rows of the delivery
};

}  // namespace peo::target
