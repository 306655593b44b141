// The rows of the three entities before they become text. Numbers are integers: quantities in hundredths,
// prices in ten-thousandths, so that sums and averages are exact.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/object.hpp"
#include "sample/row_text.hpp"

namespace peo::sample {

struct Strategy {
  std::uint64_t id = 0;
  std::string parameters{};  // may be empty; not NULL
  std::string text{};        // empty: NULL
  bool active = true;
  Time start_date{};
  Time transact_time{};
};

namespace status {
inline constexpr char pending = 'A', fresh = '0', partly_filled = '1', filled = '2', cancelled = '4',
                      rejected = '8', expired = 'C';
}  // namespace status

struct Order {
  std::uint64_t id = 0;
  std::uint64_t first_exec_id = 0;  // of its executions in the full load; they have consecutive numbers
  std::uint64_t order_qty = 0, cum_qty = 0;
  std::uint64_t traded = 0;              // sum of last_qty * last_px
  std::uint64_t price = 0, stop_px = 0;  // 0: NULL
  Time created{}, transact_time{};
  std::uint32_t history = 0;  // the number of its executions in the full load
  std::uint32_t strategy_id = 0;
  std::uint16_t symbol = 0;
  std::uint16_t text = 0;
  std::uint16_t version = 0;  // replacements so far
  std::uint8_t reject_reason = 0;
  std::uint8_t good_for = 0;  // days, of a good-till-date order
  char side = '1', ord_type = '2', time_in_force = '0', ord_status = status::pending;

  bool lives() const {
    return ord_status == status::pending || ord_status == status::fresh ||
           ord_status == status::partly_filled;
  }
  std::uint64_t leaves_qty() const { return lives() ? order_qty - cum_qty : 0; }
  std::uint64_t avg_px() const;  // in 10^-8, rounded half up
  Time expire_date() const {
    return std::chrono::floor<std::chrono::days>(created) + std::chrono::days(good_for);
  }
};

struct Execution {
  std::uint64_t id = 0;
  std::uint64_t order_id = 0;
  std::uint64_t last_qty = 0, last_px = 0;  // of a trade; NULL for others
  std::uint64_t cum_qty = 0, leaves_qty = 0, avg_px = 0;
  std::uint64_t ref_id = 0;  // 0: NULL
  Time transact_time{};
  std::uint16_t symbol = 0;
  std::uint16_t version = 0;  // of the order
  std::uint16_t text = 0;     // 0: NULL
  char exec_type = '0', ord_status = status::fresh, side = '1';
  enum class Aggressor : std::uint8_t { Unknown, No, Yes } aggressor = Aggressor::Unknown;

  bool is_trade() const { return exec_type == 'F' || exec_type == 'G'; }
};

struct Symbol {
  std::string_view name;
  std::string_view market;
  std::uint64_t price;  // about where it trades
  std::uint64_t lot;    // the smallest quantity
};
const Symbol& symbol(std::size_t number);
std::size_t symbol_count();

// Free texts, ordinary and difficult ones: commas, quotes, line breaks, accents, other scripts, leading and
// trailing spaces, backslashes, the word null in lowercase. Number 0 is empty. Never the word NULL alone:
// unquoted, it would be read as NULL.
std::string_view remark(std::size_t number);
std::size_t remark_count();

// Writes the fields of rows. Identifiers are derived from the seed, so they need not be stored.
class RowWriter {
 public:
  explicit RowWriter(std::uint64_t seed) : seed_(seed) {}
  void operator()(RowText& row, const Strategy& strategy) const;
  void operator()(RowText& row, const Order& order) const;
  void operator()(RowText& row, const Execution& execution) const;

 private:
  void write_uuid(RowText& row, std::uint64_t kind, std::uint64_t id, std::uint64_t version) const;
  std::uint64_t seed_;
};

}  // namespace peo::sample
