#include "sample/full_load.hpp"

#include <fmt/format.h>

#include <chrono>

#include "sample/random.hpp"
#include "sample/trading_days.hpp"

namespace peo::sample {
namespace {

enum Stream : std::uint64_t { of_strategies = 1, of_spread = 2 };  // keys of orders are far above

Strategy some_strategy(std::uint64_t id, Random& random) {
  Strategy strategy;
  strategy.id = id;
  strategy.parameters = random_parameters(random);
  strategy.text = random.chance(500) ? std::string(remark(random.below(remark_count()))) : std::string();
  strategy.active = !random.chance(100);
  strategy.start_date = trading_day(random.below(history_days));
  strategy.transact_time = strategy.start_date + std::chrono::microseconds(random.below(36'000'000'000U));
  return strategy;
}

// How many executions each order has: few for most, many for some; together exactly `executions`.
std::vector<std::uint32_t> spread(const SampleOptions& options, const Past& past) {
  Random random(options.seed, of_spread);
  std::vector<std::uint32_t> counts(options.orders);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const bool pending = past.is_recent(i) && random.chance(20);
    counts[i] = pending ? 0
                        : static_cast<std::uint32_t>(random.chance(80) ? random.between(10, 60)
                                                                       : random.between(1, 16));
    sum += counts[i];
  }
  if (counts.empty()) return counts;
  if (sum == 0) sum = counts[0] = 1;
  std::uint64_t left = options.executions;
  for (std::uint32_t& count : counts) {
    const std::uint64_t share = count * options.executions / sum;
    // The remainder of rounding is distributed below among those with a share, at most one each.
    left -= share;
    count = static_cast<std::uint32_t>(share << 1 | (count > 0 ? 1 : 0));
  }
  for (std::uint32_t& count : counts) {
    const bool one_more = (count & 1) != 0 && left > 0;
    count = (count >> 1) + (one_more ? 1 : 0);
    if (one_more) --left;
  }
  return counts;
}

Time created_at(std::uint64_t place, std::uint64_t orders) {
  using std::chrono::microseconds;
  constexpr std::uint64_t day_length = std::chrono::microseconds(std::chrono::hours(8)).count();
  const std::uint64_t day = place * history_days / orders;
  const std::uint64_t part = place * history_days % orders;
  return trading_day(day) + opening + microseconds(part * day_length / orders);
}

}  // namespace

std::string random_parameters(Random& random) {
  switch (random.below(6)) {
    case 0:
    case 1:
      return {};
    case 2:
      return fmt::format(R"({{"window": {}, "threshold": {}.{}}})", random.between(5, 250), random.below(4),
                         random.below(10));
    case 3:
      return fmt::format("window={}", random.between(5, 250));
    case 4:
      return fmt::format("max_orders={}\nmax_qty={}\n", random.between(1, 50), random.between(1, 90) * 100);
    default:
      return fmt::format(R"( universe=S&P {}, DAX; note="keep \ as is")", random.between(1, 5) * 100);
  }
}

Order Past::history(const Order& order, std::vector<Execution>& reports) const {
  return order_history(seed, order, is_recent(order.id - first_key_of(Table::Orders)), strategy_count,
                       reports);
}

LoadFiles& LoadedTables::of(Table table) {
  switch (table) {
    case Table::Strategies:
      return strategies;
    case Table::Orders:
      return orders;
    case Table::Executions:
      break;
  }
  return executions;
}

Past write_full_load(const SampleOptions& options, LoadedTables& tables) {
  Past past{.seed = options.seed,
            .strategy_count = static_cast<std::uint32_t>(options.strategies),
            .order_count = options.orders,
            .next_exec_id = first_key_of(Table::Executions),
            .strategies = {},
            .orders = {}};
  const RowWriter write(options.seed);
  Random random(options.seed, of_strategies);
  for (std::uint64_t i = 0; i < options.strategies; ++i) {
    past.strategies.push_back(some_strategy(first_key_of(Table::Strategies) + i, random));
    tables.strategies.add([&](RowText& row) { write(row, past.strategies.back()); });
  }
  const std::vector<std::uint32_t> counts = spread(options, past);
  past.orders.reserve(options.orders);
  std::vector<Execution> reports;
  for (std::uint64_t i = 0; i < options.orders; ++i) {
    Order order;
    order.id = first_key_of(Table::Orders) + i;
    order.first_exec_id = past.next_exec_id;
    order.history = counts[i];
    order.created = created_at(i, options.orders);
    past.orders.push_back(past.history(order, reports));
    past.next_exec_id += counts[i];
    tables.orders.add([&](RowText& row) { write(row, past.orders.back()); });
    for (const Execution& report : reports) tables.executions.add([&](RowText& row) { write(row, report); });
  }
  return past;
}

}  // namespace peo::sample
