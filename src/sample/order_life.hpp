// The events of an order, in integers: each event changes the order and adds an execution report to its list.
// All reports are created here, so at any time, over the reports of an order,
//   sum(last_qty) = cum_qty   and   sum(last_qty * last_px) / cum_qty = avg_px.
// A trade that is cancelled or corrected keeps its report, with last_qty 0; the later report refers to it.
#pragma once
#include <cstdint>
#include <vector>

#include "sample/random.hpp"
#include "sample/rows.hpp"

namespace peo::sample {

class OrderLife {
 public:
  // `next_exec_id` is incremented with each report.
  OrderLife(Order& order, std::vector<Execution>& reports, std::uint64_t& next_exec_id, Random& random)
      : order_(order), reports_(reports), next_exec_id_(next_exec_id), random_(random) {}

  void acknowledge(Time now);  // pending → new
  void reject(Time now);       // pending → rejected
  void trade(Time now, std::uint64_t quantity);
  void replace(Time now);  // price or quantity (never less)
  void cancel(Time now);
  void expire(Time now);
  // Of a report of this order that is a trade with a quantity.
  void cancel_trade(Time now, Execution& trade);
  void correct_trade(Time now, Execution& trade);

 private:
  Execution& report(Time now, char exec_type, char new_status);
  void take_back(Execution& trade);
  void add_trade(Execution& report, std::uint64_t quantity, std::uint64_t price);
  std::uint64_t market_price();

  Order& order_;
  std::vector<Execution>& reports_;
  std::uint64_t& next_exec_id_;
  Random& random_;
};

// A new order as a strategy sends it: pending, with room for `events` events.
Order new_order(std::uint64_t id, std::uint32_t strategies, Time now, std::uint64_t events, Random& random);

// The history of an order that has `order.history` executions at the full load: its final state and its
// reports. `recent`: it may still be live then. The same arguments return the same history.
Order order_history(std::uint64_t seed, const Order& order, bool recent, std::uint32_t strategies,
                    std::vector<Execution>& reports);

}  // namespace peo::sample
