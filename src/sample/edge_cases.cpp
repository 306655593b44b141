// The edge cases at the desk, which a loader must handle correctly.
#include <string>

#include "sample/desk.hpp"

namespace peo::sample {

const std::array<Desk::Special, 14> Desk::specials = {
    &Desk::amend_strategy,   &Desk::repeat_update,
    &Desk::flash_order,      &Desk::purge_order,
    &Desk::delete_absent,    &Desk::start_strategy,
    &Desk::rewrite_order,    &Desk::delete_and_come_back,
    &Desk::update_unchanged, &Desk::delete_rejected,
    &Desk::end_strategy,     &Desk::update_before_insert,
    &Desk::resend_insert,    &Desk::amend_strategy_and_return};

// ---- strategies

void Desk::amend_strategy() {
  Strategy& strategy = strategies_[random_.below(past_.strategy_count)];
  for (std::uint64_t times = random_.between(2, 4); times > 0; --times) {
    strategy.parameters = random_parameters(random_);
    strategy.text = remark(random_.below(remark_count()));
    strategy.active = !random_.chance(150);
    strategy.transact_time = tick();
    put('U', strategy);
  }
}

void Desk::amend_strategy_and_return() {
  const Strategy& strategy = strategies_[random_.below(past_.strategy_count)];
  Strategy paused = strategy;
  paused.active = !strategy.active;
  paused.transact_time = tick();
  put('U', paused);
  put('U', strategy);
}

void Desk::start_strategy() {
  Strategy strategy;
  strategy.id = strategies_.size() + 1;
  strategy.parameters = random_parameters(random_);
  strategy.start_date = std::chrono::floor<std::chrono::days>(now_);
  strategy.transact_time = tick();
  put('I', strategy);
  strategies_.push_back(strategy);
  started_.push_back(strategies_.size() - 1);
}

void Desk::end_strategy() {
  if (started_.empty()) return;
  put('D', strategies_[started_.back()]);
  started_.pop_back();
}

// ---- orders

void Desk::remove_order(Order& order, bool key_only) {
  const bool touched = reports_.contains(order.id);
  for (const Execution& report : touched ? reports_of(order) : past_reports(order))
    key_only ? files_.executions.put_key(report.id) : put('D', report);
  key_only ? files_.orders.put_key(order.id) : put('D', order);
  reports_.erase(order.id);
  trace(order) = Trace::Gone;
}

void Desk::repeat_update() {
  if (live_.empty()) send_order();
  progress(random_.below(live_.size()));
  for (std::uint64_t times = random_.between(1, 3); times > 0; --times) files_.orders.repeat();
}

void Desk::flash_order() {
  Order& order = add_order();
  put('I', order);
  happen(order, [&](OrderLife& life, auto&) { life.acknowledge(tick()); });
  happen(order, [&](OrderLife& life, auto&) { life.cancel(tick()); });
  remove_order(order, random_.chance(300));
  gone_.push_back(orders_.size() - 1);
}

void Desk::delete_and_come_back() {
  Order& order = add_order();
  put('I', order);
  order.text = static_cast<std::uint16_t>(random_.between(1, remark_count() - 1));
  order.transact_time = tick();
  put('U', order);
  put('D', order);
  order.text = 0;
  put('I', order);
  live_.push_back(orders_.size() - 1);
}

void Desk::purge_order() {
  // An old order that is unchanged since the full load; a few attempts find one.
  for (int tries = 0; tries < 20 && past_.order_count > 0; ++tries) {
    const std::size_t place = random_.below(past_.order_count);
    Order& order = orders_[place];
    if (traces_[place] != Trace::Untouched || order.lives()) continue;
    remove_order(order, random_.chance(500));
    gone_.push_back(place);
    return;
  }
}

void Desk::delete_rejected() {
  if (rejected_.empty()) return;
  const std::size_t place = rejected_.front();
  rejected_.erase(rejected_.begin());
  remove_order(orders_[place], random_.chance(300));
  gone_.push_back(place);
}

void Desk::delete_absent() {
  if (!gone_.empty()) {
    const Order& order = orders_[gone_[random_.below(gone_.size())]];
    random_.chance(500) ? files_.orders.put_key(order.id) : put('D', order);
  }
  files_.executions.put_key(random_.between(1, 1000));  // there never was one
}

void Desk::rewrite_order() {
  if (live_.empty()) send_order();
  const Order& order = live(random_.below(live_.size()));
  put('D', order);
  put('I', order);
}

void Desk::update_unchanged() {
  if (live_.empty()) send_order();
  put('U', live(random_.below(live_.size())));
}

void Desk::resend_insert() {
  if (live_.empty()) send_order();
  const Order& order = live(random_.below(live_.size()));
  put('I', order);
  for (const Execution& report : reports_of(order)) put('I', report);
}

void Desk::update_before_insert() {
  put('U', add_order());
  live_.push_back(orders_.size() - 1);
}

}  // namespace peo::sample
