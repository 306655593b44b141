// A late file on the staged way: its rows stand in the incoming table, and lose the keys that deliveries
// after it hold. Inside the late file's transaction, or a dry run's; one for each of its tables. One thread.
#pragma once
#include <memory>
#include <string>

#include "decode/change.hpp"
#include "target/staging.hpp"
#include "target/table.hpp"

namespace peo::target {

class LaterKeys {
 public:
  // `incoming` holds the late file's rows; all its columns. All must outlive this.
  LaterKeys(Connection& connection, const Table& table, std::string incoming);
  void add(const decode::ChangeBatch& batch);
  void end_copy();  // another COPY is to come on the connection
  void end_delivery();
  bool any_left();  // rows of the late file

 private:
  Connection& connection_;
  const Table& table_;
  std::string incoming_, later_;
  std::unique_ptr<RowCopy> copy_;
  bool any_ = false;  // rows of the delivery
};

}  // namespace peo::target
