#include "sample/rows.hpp"

#include <fmt/format.h>

#include <array>

#include "sample/random.hpp"

namespace peo::sample {
namespace {

constexpr std::array symbols = {
    Symbol{"AAPL", "XNAS", 1'527'400, 100},       Symbol{"MSFT", "XNAS", 2'409'800, 100},
    Symbol{"NVDA", "XNAS", 1'256'100, 100},       Symbol{"TSLA", "XNAS", 2'885'900, 100},
    Symbol{"JPM", "XNYS", 1'115'200, 100},        Symbol{"XOM", "XNYS", 918'700, 100},
    Symbol{"BRK.B", "XNYS", 2'724'300, 100},      Symbol{"KO", "XNYS", 590'400, 100},
    Symbol{"VOD.L", "XLON", 1'024'600, 100},      Symbol{"HSBA.L", "XLON", 5'312'000, 100},
    Symbol{"SAP.DE", "XETR", 844'200, 100},       Symbol{"ALV.DE", "XETR", 1'683'500, 100},
    Symbol{"OR.PA", "XPAR", 3'352'500, 100},      Symbol{"MC.PA", "XPAR", 6'287'000, 100},
    Symbol{"NESN.SW", "XSWX", 1'093'400, 100},    Symbol{"7203.T", "XTKS", 19'875'000, 10'000},
    Symbol{"6758.T", "XTKS", 99'420'000, 10'000}, Symbol{"EUR/USD", "XOFF", 9'837, 100'000},
    Symbol{"GBP/USD", "XOFF", 11'256, 100'000},   Symbol{"BTC/USD", "XOFF", 191'250'000, 1},
    Symbol{"ETH/USD", "XOFF", 13'281'300, 5},
};

constexpr std::string_view remarks[] = {
    "",
    "manual review",
    "hedge leg",
    "close out before the weekend",
    "rebalance, second tranche",
    R"(client said "work it carefully")",
    "Order desk:\nwork it slowly,\nno more than 10 % of the volume",
    "typed on Windows\r\nwith two line ends\r\n",
    "\"quoted all over\"",
    "ordre passé à Zürich, exécuté à Genève",
    "日本株の買い注文、成行",
    "订单已部分成交",
    "to the moon \xF0\x9F\x9A\x80 and back \xF0\x9F\x8C\x95",
    "Заявка на покупку",
    "  two blanks in front",
    "two blanks behind  ",
    R"(path C:\desk\orders\today.csv)",
    "a backslash at the end \\",
    "\\N",
    "null",
    "NULL and void",
    "N/A",
    "tab\tbetween",
    "it's the trader's own",
    "100% ; DROP TABLE orders; --",
    ",",
    "\"",
    "\n",
    R"({"algo": "VWAP", "urgency": 3})",
    "e\xCC\x81 as two code points, \xC3\xA9 as one",
};

constexpr std::string_view families[] = {"Mean Reversion", "Momentum",       "Pairs",       "Market Making",
                                         "Carry",          "Volatility Arb", "Index Track", "Statistical Arb",
                                         "Événementiel",   "Trend, slow"};
constexpr std::string_view regions[] = {"US", "EU", "JP", "FX", "Crypto", "UK", "CH", "Asia", "Global"};
constexpr std::string_view currencies[] = {"USD", "EUR", "JPY", "GBP", "CHF"};

enum UuidKind : std::uint64_t { of_strategy = 1, of_order = 2 };

template <typename List>
std::string_view pick(const List& list, std::uint64_t number) {
  return list[number % std::size(list)];
}

}  // namespace

std::uint64_t Order::avg_px() const {
  if (cum_qty == 0) return 0;
  const std::uint64_t whole = traded / cum_qty;  // ten-thousandths
  const std::uint64_t rest = traded % cum_qty;
  return whole * 10'000 + (rest * 10'000 * 2 + cum_qty) / (cum_qty * 2);
}

const Symbol& symbol(std::size_t number) { return symbols.at(number); }
std::size_t symbol_count() { return symbols.size(); }
std::string_view remark(std::size_t number) { return remarks[number]; }
std::size_t remark_count() { return std::size(remarks); }

void RowWriter::write_uuid(RowText& row, std::uint64_t kind, std::uint64_t id, std::uint64_t version) const {
  Random random(seed_, (kind << 60 | id << 12) + version);
  // Version 4, variant 1, like those of NEWID().
  const std::uint64_t high = (random.next() & ~std::uint64_t{0xF000}) | 0x4000;
  const std::uint64_t low = (random.next() >> 2) | std::uint64_t{1} << 63;
  row.uuid(high, low);
}

void RowWriter::operator()(RowText& row, const Strategy& strategy) const {
  const std::uint64_t id = strategy.id;
  row.number(id);
  write_uuid(row, of_strategy, id, 0);
  row.text(fmt::format("{} {} {:02}", pick(families, id), pick(regions, id / std::size(families)), id));
  row.text(fmt::format("PAPER-{:04}", id % 37 + 1));
  row.text(pick(currencies, mixed(id)));
  row.text(strategy.parameters);
  row.boolean(strategy.active);
  row.date(strategy.start_date);
  strategy.text.empty() ? row.null() : row.text(strategy.text);
  row.timestamp(strategy.transact_time);
}

void RowWriter::operator()(RowText& row, const Order& order) const {
  row.number(order.id);
  write_uuid(row, of_order, order.id, order.version);
  order.version == 0 ? row.null() : write_uuid(row, of_order, order.id, order.version - 1U);
  row.number(order.strategy_id);
  row.text(symbol(order.symbol).name);
  row.letter(order.side);
  row.letter(order.ord_type);
  row.letter(order.time_in_force);
  row.letter(order.ord_status);
  row.decimal(order.order_qty, 2);
  order.price == 0 ? row.null() : row.decimal(order.price, 4);
  order.stop_px == 0 ? row.null() : row.decimal(order.stop_px, 4);
  row.decimal(order.cum_qty, 2);
  row.decimal(order.leaves_qty(), 2);
  row.decimal(order.avg_px(), 8);
  order.good_for == 0 ? row.null() : row.date(order.expire_date());
  order.reject_reason == 0 ? row.null() : row.number(order.reject_reason);
  row.text(remark(order.text));
  row.timestamp(order.transact_time);
}

void RowWriter::operator()(RowText& row, const Execution& execution) const {
  const bool trade = execution.is_trade();
  row.number(execution.id);
  row.number(execution.order_id);
  write_uuid(row, of_order, execution.order_id, execution.version);
  row.letter(execution.exec_type);
  row.letter(execution.ord_status);
  row.letter(execution.side);
  trade ? row.decimal(execution.last_qty, 2) : row.null();
  trade ? row.decimal(execution.last_px, 4) : row.null();
  trade ? row.text(symbol(execution.symbol).market) : row.null();
  row.decimal(execution.cum_qty, 2);
  row.decimal(execution.leaves_qty, 2);
  row.decimal(execution.avg_px, 8);
  const bool known = execution.aggressor != Execution::Aggressor::Unknown;
  known ? row.boolean(execution.aggressor == Execution::Aggressor::Yes) : row.null();
  execution.ref_id == 0 ? row.null() : row.number(execution.ref_id);
  execution.text == 0 ? row.null() : row.text(remark(execution.text));
  row.timestamp(execution.transact_time);
}

}  // namespace peo::sample
