// The full load: the strategies, the history of every order, and the LOAD files of all three tables.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "sample/load_files.hpp"
#include "sample/order_life.hpp"
#include "sample/rows.hpp"
#include "sample/sample.hpp"

namespace peo::sample {

// The state at the full load. The executions are not kept: an order's reports can be generated again.
struct Past {
  std::uint64_t seed = 1;
  std::uint32_t strategy_count = 0;
  std::uint64_t order_count = 0;
  std::uint64_t next_exec_id = 0;
  std::vector<Strategy> strategies;
  std::vector<Order> orders;

  bool is_recent(std::uint64_t place) const { return place >= order_count - order_count / 25; }
  Order history(const Order& order, std::vector<Execution>& reports) const;
};

struct LoadedTables {
  LoadFiles strategies, orders, executions;
  LoadFiles& of(Table table);
};

// Parameters of a strategy; may be empty.
std::string random_parameters(Random& random);

// Writes into `tables`.
Past write_full_load(const SampleOptions& options, LoadedTables& tables);

}  // namespace peo::sample
