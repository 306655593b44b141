// Stops a delivery that would take away suspiciously much of a table: MAX_REMOVE_SHARE.
//
// A truncated source, a wrong bucket or a reload that is not whole looks like that. The check comes before
// the commit, with what was truly removed; nothing of the delivery stays. A replay that an operator asks for
// is let through. One thread.
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

  // After each file: what it did. `rows_now` counts the table as it is then, and is asked only where many
  // rows went. Throws Fatal.
  void check(const RowCounts& effects, const std::function<std::uint64_t()>& rows_now);

 private:
  const RemovalLimit& limit_;
  std::string entity_, key_;
  bool reload_;
  bool let_through_;
  RowCounts so_far_;
};

}  // namespace peo::target
