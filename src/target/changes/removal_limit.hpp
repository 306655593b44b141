// Stops a delivery that would remove a suspiciously large share of a table: MAX_REMOVE_SHARE.
//
// This happens with a truncated source, a wrong bucket or an incomplete reload. The check runs before the
// commit, with the number of rows that were removed; the rollback then undoes them. A replay that an operator
// requested is exempt. One thread.
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "base/delivery.hpp"
#include "base/policies.hpp"

namespace peo::target {

class RemovalCheck {
 public:
  // For one table in one transaction. `limit` must outlive this.
  RemovalCheck(const RemovalLimit& limit, std::span<const Delivery> group, std::string entity);

  // Call after each file, with its counts. `rows_now` counts the table's current rows; it is called only when
  // many were removed, because it reads the whole table. Throws Fatal.
  void check(const RowCounts& effects, const std::function<std::uint64_t()>& rows_now);

 private:
  const RemovalLimit& limit_;
  std::string entity_, key_;
  bool reload_;
  bool let_through_;
  RowCounts so_far_;
};

}  // namespace peo::target
