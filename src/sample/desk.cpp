#include "sample/desk.hpp"

#include <algorithm>
#include <chrono>

#include "sample/trading_days.hpp"

namespace peo::sample {
namespace {

constexpr std::uint64_t desk_stream = std::uint64_t{4} << 60;
constexpr std::uint64_t edge_cases_per_day = 56;  // each kind four times
constexpr std::uint64_t moments_per_order = 10;   // an order sees about nine events

}  // namespace

Desk::Desk(const SampleOptions& options, Past& past, DeskFiles files)
    : options_(options),
      past_(past),
      rows_(options.seed),
      random_(options.seed, desk_stream),
      files_(files),
      strategies_(past.strategies),
      orders_(past.orders),
      traces_(past.orders.size(), Trace::Untouched),
      next_exec_id_(past.next_exec_id) {
  for (std::size_t place = 0; place < orders_.size(); ++place)
    if (orders_[place].lives() && past_.is_recent(place)) live_.push_back(place);
}

void Desk::trade_day(Time midnight) {
  for (ChangeFiles* files : {&files_.strategies, &files_.orders, &files_.executions})
    files->begin_day(midnight);
  const std::uint64_t moments = options_.orders_per_day * moments_per_order + edge_cases_per_day;
  const std::uint64_t between_specials = moments / edge_cases_per_day;
  const auto length = static_cast<std::uint64_t>((closing - opening).count()) - 1'000'000;
  for (std::uint64_t moment = 0; moment < moments; ++moment) {
    const Time base = midnight + opening + std::chrono::microseconds(length / moments * moment);
    now_ = std::max(now_, base + std::chrono::microseconds(random_.below(length / moments)));
    // A file has the changes before the time at which it was closed, to the millisecond.
    const Time soon = now_ + std::chrono::milliseconds(1);
    for (ChangeFiles* files : {&files_.strategies, &files_.orders, &files_.executions})
      files->advance_to(soon);
    if (moment % between_specials == 0)
      (this->*specials[next_special_++ % specials.size()])();
    else
      ordinary();
  }
  close_market(midnight);
}

void Desk::ordinary() {
  const std::uint64_t dice = random_.below(1000);
  if (dice < 1000 / moments_per_order || live_.empty()) return send_order();
  const std::size_t place = random_.below(live_.size());
  if (dice < 120) return replace_order(place);
  if (dice < 140) return cancel_order(place);
  if (dice < 146) return amend_trade(place, dice < 143);
  progress(place);
}

// ---- rows

void Desk::put(char operation, const Order& order) {
  files_.orders.put(operation, order.id, [&](RowText& row) { rows_(row, order); });
}
void Desk::put(char operation, const Execution& execution) {
  files_.executions.put(operation, execution.id, [&](RowText& row) { rows_(row, execution); });
}
void Desk::put(char operation, const Strategy& strategy) {
  files_.strategies.put(operation, strategy.id, [&](RowText& row) { rows_(row, strategy); });
}

// ---- orders

Desk::Trace& Desk::trace(const Order& order) { return traces_[order.id - first_key_of(Table::Orders)]; }

std::vector<Execution> Desk::past_reports(const Order& order) const {
  std::vector<Execution> reports;
  if (order.history > 0) past_.history(order, reports);
  return reports;
}

std::vector<Execution>& Desk::reports_of(const Order& order) {
  const auto found = reports_.find(order.id);
  if (found != reports_.end()) return found->second;
  trace(order) = Trace::Touched;
  return reports_.emplace(order.id, past_reports(order)).first->second;
}

void Desk::settle(std::size_t place) {
  if (live(place).lives()) return;
  live_[place] = live_.back();
  live_.pop_back();
}

Order& Desk::add_order() {
  const std::uint64_t id = first_key_of(Table::Orders) + orders_.size();
  orders_.push_back(new_order(id, past_.strategy_count, tick(), 8, random_));
  traces_.push_back(Trace::Touched);
  return orders_.back();
}

void Desk::send_order() {
  put('I', add_order());
  live_.push_back(orders_.size() - 1);
}

void Desk::progress(std::size_t place) {
  Order& order = live(place);
  if (order.ord_status == status::pending) {
    const bool rejected = random_.chance(60);
    happen(order, [&](OrderLife& life, auto&) { rejected ? life.reject(tick()) : life.acknowledge(tick()); });
    if (rejected) rejected_.push_back(live_[place]);
    return settle(place);
  }
  const std::uint64_t lot = symbol(order.symbol).lot;
  const std::uint64_t lots = order.leaves_qty() / lot;
  const bool all = random_.chance(order.ord_type == '1' ? 500 : 100);
  const std::uint64_t quantity = all ? lots : random_.between(1, std::max<std::uint64_t>(lots / 2, 1));
  happen(order, [&](OrderLife& life, auto&) { life.trade(tick(), quantity * lot); });
  // Immediate or cancel: the rest after the first trade is cancelled at the same moment.
  if (order.time_in_force == '3' && order.lives())
    happen(order, [&](OrderLife& life, auto&) { life.cancel(tick()); });
  settle(place);
}

void Desk::replace_order(std::size_t place) {
  Order& order = live(place);
  if (order.ord_status == status::pending) return progress(place);
  happen(order, [&](OrderLife& life, auto&) { life.replace(tick()); });
}

void Desk::cancel_order(std::size_t place) {
  Order& order = live(place);
  if (order.ord_status == status::pending) return progress(place);
  happen(order, [&](OrderLife& life, auto&) { life.cancel(tick()); });
  settle(place);
}

void Desk::amend_trade(std::size_t place, bool cancel) {
  Order& order = live(place);
  const std::vector<Execution>& so_far = reports_of(order);
  const auto found = std::find_if(so_far.rbegin(), so_far.rend(), [](const Execution& report) {
    return report.is_trade() && report.last_qty > 0;
  });
  if (found == so_far.rend()) return progress(place);
  const auto which = static_cast<std::size_t>(so_far.rend() - found) - 1;
  happen(order, [&](OrderLife& life, std::vector<Execution>& reports) {
    cancel ? life.cancel_trade(tick(), reports[which]) : life.correct_trade(tick(), reports[which]);
    put('U', reports[which]);
  });
}

void Desk::close_market(Time midnight) {
  now_ = std::max(now_, midnight + closing);
  for (ChangeFiles* files : {&files_.strategies, &files_.orders, &files_.executions}) files->advance_to(now_);
  for (std::size_t place = live_.size(); place-- > 0;) {
    Order& order = live(place);
    const bool over = order.good_for > 0 ? order.expire_date() <= midnight : order.time_in_force != '1';
    if (!over) continue;
    happen(order, [&](OrderLife& life, auto&) { life.expire(tick()); });
    settle(place);
  }
  for (ChangeFiles* files : {&files_.strategies, &files_.orders, &files_.executions}) files->end_day();
  // Yesterday's reports of completed orders are no longer needed.
  std::erase_if(reports_, [&](const auto& entry) {
    return !orders_[entry.first - first_key_of(Table::Orders)].lives();
  });
  rejected_.clear();
}

}  // namespace peo::sample
