#include "sample/order_life.hpp"

#include <algorithm>
#include <chrono>

#include "sample/trading_days.hpp"

namespace peo::sample {
namespace {

constexpr std::uint16_t no_remark = 0;

std::uint16_t some_remark(Random& random, std::uint64_t per_mille) {
  return random.chance(per_mille) ? static_cast<std::uint16_t>(random.between(1, remark_count() - 1))
                                  : no_remark;
}

char living_status(const Order& order) {
  if (order.cum_qty == order.order_qty) return status::filled;
  return order.cum_qty == 0 ? status::fresh : status::partly_filled;
}

}  // namespace

std::uint64_t OrderLife::market_price() {
  const std::uint64_t around = symbol(order_.symbol).price;
  return around - around / 50 + random_.below(around / 25);
}

// The quantities of the report are the order's: call it after the order has changed.
Execution& OrderLife::report(Time now, char exec_type, char new_status) {
  order_.ord_status = new_status;
  order_.transact_time = now;
  Execution& added = reports_.emplace_back();
  added.id = next_exec_id_++;
  added.order_id = order_.id;
  added.cum_qty = order_.cum_qty;
  added.leaves_qty = order_.leaves_qty();
  added.avg_px = order_.avg_px();
  added.transact_time = now;
  added.symbol = order_.symbol;
  added.version = order_.version;
  added.text = some_remark(random_, 8);
  added.exec_type = exec_type;
  added.ord_status = new_status;
  added.side = order_.side;
  return added;
}

void OrderLife::acknowledge(Time now) { report(now, '0', status::fresh); }

void OrderLife::reject(Time now) {
  order_.reject_reason = static_cast<std::uint8_t>(random_.between(1, 8));
  report(now, '8', status::rejected).text =
      static_cast<std::uint16_t>(random_.between(1, remark_count() - 1));
}

void OrderLife::trade(Time now, std::uint64_t quantity) {
  const std::uint64_t price = market_price();
  order_.cum_qty += quantity;
  order_.traded += quantity * price;
  Execution& added = report(now, 'F', living_status(order_));
  added.last_qty = quantity;
  added.last_px = price;
  if (!random_.chance(50))
    added.aggressor = random_.chance(400) ? Execution::Aggressor::Yes : Execution::Aggressor::No;
}

void OrderLife::replace(Time now) {
  ++order_.version;
  if (order_.price != 0 && random_.chance(600))
    order_.price = market_price();
  else
    order_.order_qty += symbol(order_.symbol).lot * random_.between(1, 20);
  report(now, '5', living_status(order_));
}

void OrderLife::cancel(Time now) { report(now, '4', status::cancelled); }
void OrderLife::expire(Time now) { report(now, 'C', status::expired); }

void OrderLife::take_back(Execution& trade) {
  order_.cum_qty -= trade.last_qty;
  order_.traded -= trade.last_qty * trade.last_px;
  trade.last_qty = 0;
}

void OrderLife::cancel_trade(Time now, Execution& trade) {
  const std::uint64_t id = trade.id;
  take_back(trade);
  report(now, 'H', living_status(order_)).ref_id = id;  // `trade` may have moved
}

void OrderLife::correct_trade(Time now, Execution& trade) {
  const std::uint64_t id = trade.id;
  const std::uint64_t quantity = trade.last_qty;
  const std::uint64_t price = market_price();
  take_back(trade);
  order_.cum_qty += quantity;
  order_.traded += quantity * price;
  Execution& added = report(now, 'G', living_status(order_));
  added.last_qty = quantity;
  added.last_px = price;
  added.ref_id = id;
}

Order new_order(std::uint64_t id, std::uint32_t strategies, Time now, std::uint64_t events, Random& random) {
  Order order;
  order.id = id;
  order.strategy_id = static_cast<std::uint32_t>(random.between(1, strategies));
  order.symbol = static_cast<std::uint16_t>(random.below(symbol_count()));
  order.side = "11122225"[random.below(8)];
  order.ord_type = "1222222234"[random.below(10)];
  order.time_in_force = "0000011136"[random.below(10)];
  if (order.time_in_force == '6') order.good_for = static_cast<std::uint8_t>(random.between(1, 90));
  const Symbol& traded = symbol(order.symbol);
  const std::uint64_t limit = traded.price - traded.price / 40 + random.below(traded.price / 20);
  if (order.ord_type == '2' || order.ord_type == '4') order.price = limit;
  if (order.ord_type == '3' || order.ord_type == '4') order.stop_px = limit + traded.price / 100;
  order.order_qty = traded.lot * (events + random.between(2, random.chance(200) ? 2000 : 200));
  order.text = some_remark(random, 120);
  order.created = order.transact_time = now;
  return order;
}

namespace {

enum class Ending { Lives, Fills, Cancels, Expires };

Ending ending_of(bool recent, Random& random) {
  if (recent && random.chance(600)) return Ending::Lives;
  const std::uint64_t dice = random.below(100);
  return dice < 72 ? Ending::Fills : dice < 90 ? Ending::Cancels : Ending::Expires;
}

// The events between the acknowledgement and the end.
class Middle {
 public:
  Middle(Order& order, OrderLife& life, std::vector<Execution>& reports, Random& random)
      : order_(order), life_(life), reports_(reports), random_(random) {}

  // One of `left` events, including this one. With `all`, the last one trades the entire rest.
  void event(Time now, std::uint64_t left, bool all) {
    const std::uint64_t dice = left == 1 ? 1000 : random_.below(1000);
    if (dice < 40) return life_.replace(now);
    if (dice < 46 && trade_ != none) {
      life_.cancel_trade(now, reports_[trade_]);
      trade_ = none;
      return;
    }
    if (dice < 52 && trade_ != none) {
      life_.correct_trade(now, reports_[trade_]);
    } else {
      life_.trade(now, quantity(left, all));
    }
    trade_ = reports_.size() - 1;
  }

 private:
  // Leaves at least one lot for each following event, and one that stays open unless the order is to be
  // filled.
  std::uint64_t quantity(std::uint64_t left, bool all) {
    const std::uint64_t lot = symbol(order_.symbol).lot;
    const std::uint64_t lots = order_.leaves_qty() / lot;
    if (all && left == 1) return lots * lot;
    const std::uint64_t most = lots - (all ? left - 1 : left);
    return lot * random_.between(1, std::clamp<std::uint64_t>(2 * lots / (left + 1), 1, most));
  }

  static constexpr std::size_t none = SIZE_MAX;
  Order& order_;
  OrderLife& life_;
  std::vector<Execution>& reports_;
  Random& random_;
  std::size_t trade_ = none;  // the last valid one
};

}  // namespace

Order order_history(std::uint64_t seed, const Order& order, bool recent, std::uint32_t strategies,
                    std::vector<Execution>& reports) {
  reports.clear();
  Random random(seed, order.id);
  Order now = new_order(order.id, strategies, order.created, order.history, random);
  now.first_exec_id = order.first_exec_id;
  now.history = order.history;
  if (order.history == 0) return now;

  std::uint64_t exec_id = order.first_exec_id;
  OrderLife life(now, reports, exec_id, random);
  Time time = order.created;
  // All within half an hour.
  const std::uint64_t step = std::max<std::uint64_t>(1'800'000'000U / order.history, 1);
  const auto later = [&] { return time += std::chrono::microseconds(random.between(1, step)); };
  const Ending ending = ending_of(recent, random);
  if (order.history == 1 && ending != Ending::Lives) {
    life.reject(later());
    return now;
  }
  if (ending == Ending::Lives && now.good_for < 10) {  // so that it is still live after its day
    now.time_in_force = '1';
    now.good_for = 0;
  }
  life.acknowledge(later());
  const bool closes = ending == Ending::Cancels || ending == Ending::Expires;
  const std::uint64_t events = order.history - 1 - (closes ? 1 : 0);
  Middle middle(now, life, reports, random);
  for (std::uint64_t left = events; left > 0; --left) middle.event(later(), left, ending == Ending::Fills);
  if (ending == Ending::Cancels) life.cancel(later());
  if (ending == Ending::Expires) life.expire(later());
  return now;
}

}  // namespace peo::sample
