// Simulates the days of changes at a trading desk: orders are sent, traded and completed, strategies are
// amended, and edge cases occur that a loader must handle correctly: a row that is inserted and deleted in
// one file, the same update twice, a delete of an absent row. Each edge case occurs several times a day.
#pragma once
#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "sample/change_files.hpp"
#include "sample/full_load.hpp"
#include "sample/order_life.hpp"
#include "sample/random.hpp"
#include "sample/rows.hpp"

namespace peo::sample {

struct DeskFiles {
  ChangeFiles& strategies;
  ChangeFiles& orders;
  ChangeFiles& executions;
};

class Desk {
 public:
  Desk(const SampleOptions& options, Past& past, DeskFiles files);

  void trade_day(Time midnight);

 private:
  enum class Trace : std::uint8_t { Untouched, Touched, Gone };

  // An ordinary event.
  void ordinary();
  void send_order();
  void progress(std::size_t place);
  void replace_order(std::size_t place);
  void amend_trade(std::size_t place, bool cancel);
  void close_market(Time midnight);

  // The edge cases; each leaves tables and market consistent.
  void amend_strategy();             // several updates of one key in a file
  void amend_strategy_and_return();  // an update and its opposite: nothing changed
  void start_strategy();
  void end_strategy();          // one that was started in these days
  void repeat_update();         // byte-identical updates
  void flash_order();           // insert, updates and delete of one key in a file
  void delete_and_come_back();  // insert, update, delete, insert of one key in a file
  void purge_order();           // an old order is deleted, with its executions
  void delete_rejected();       // an order that was just inserted is deleted
  void delete_absent();         // a row deleted before, and one that never existed
  void rewrite_order();         // delete and insert of the same row
  void update_unchanged();      // an update that changes nothing
  void resend_insert();         // an insert of an existing row
  void update_before_insert();  // an update of an absent key
  using Special = void (Desk::*)();
  static const std::array<Special, 14> specials;

  // An event of an order: what it adds to the executions, and the order's new state.
  template <typename Event>
  void happen(Order& order, const Event& event) {
    std::vector<Execution>& reports = reports_of(order);
    const std::size_t before = reports.size();
    OrderLife life(order, reports, next_exec_id_, random_);
    event(life, reports);
    for (std::size_t i = before; i < reports.size(); ++i) put('I', reports[i]);
    put('U', order);
  }
  void cancel_order(std::size_t place);
  Order& add_order();
  void put(char operation, const Order& order);
  void put(char operation, const Execution& execution);
  void put(char operation, const Strategy& strategy);
  // With all its executions. The rows have all columns or only the key.
  void remove_order(Order& order, bool key_only);
  std::vector<Execution>& reports_of(const Order& order);
  std::vector<Execution> past_reports(const Order& order) const;
  Trace& trace(const Order& order);
  Order& live(std::size_t place) { return orders_[live_[place]]; }
  void settle(std::size_t place);  // removes a completed order from the list of live ones
  Time tick() { return now_ += std::chrono::microseconds(1); }

  const SampleOptions options_;
  const Past& past_;
  RowWriter rows_;
  Random random_;
  DeskFiles files_;
  std::vector<Strategy>& strategies_;
  std::vector<Order>& orders_;  // by order_id
  std::vector<Trace> traces_;
  std::vector<std::size_t> live_;
  std::unordered_map<std::uint64_t, std::vector<Execution>> reports_;  // of the orders touched lately
  std::vector<std::size_t> rejected_, gone_;                           // places in orders_
  std::vector<std::size_t> started_;                                   // places in strategies_
  std::uint64_t next_exec_id_;
  std::size_t next_special_ = 0;
  Time now_{};
};

}  // namespace peo::sample
