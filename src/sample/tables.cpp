#include "sample/tables.hpp"

#include <fmt/format.h>

namespace peo::sample {
namespace {

constexpr Column strategy_columns[] = {{"strategy_id"},   {"strategy_uuid"},
                                       {"strategy_name"}, {"account"},
                                       {"currency"},      {"target_strategy_parameters"},
                                       {"is_active"},     {"start_date", Form::Date},
                                       {"text"},          {"transact_time", Form::Timestamp}};

constexpr Column order_columns[] = {{"order_id"},
                                    {"cl_ord_id"},
                                    {"orig_cl_ord_id"},
                                    {"strategy_id"},
                                    {"symbol"},
                                    {"side"},
                                    {"ord_type"},
                                    {"time_in_force"},
                                    {"ord_status"},
                                    {"order_qty"},
                                    {"price"},
                                    {"stop_px"},
                                    {"cum_qty"},
                                    {"leaves_qty"},
                                    {"avg_px"},
                                    {"expire_date", Form::Date},
                                    {"ord_rej_reason"},
                                    {"text"},
                                    {"transact_time", Form::Timestamp}};

constexpr Column execution_columns[] = {{"exec_id"},
                                        {"order_id"},
                                        {"cl_ord_id"},
                                        {"exec_type"},
                                        {"ord_status"},
                                        {"side"},
                                        {"last_qty"},
                                        {"last_px"},
                                        {"last_mkt"},
                                        {"cum_qty"},
                                        {"leaves_qty"},
                                        {"avg_px"},
                                        {"aggressor_indicator"},
                                        {"exec_ref_id"},
                                        {"text"},
                                        {"transact_time", Form::Timestamp}};

std::string value_sql(const Column& column) {
  switch (column.form) {
    case Form::Date:
      return fmt::format("to_char({}, 'YYYY-MM-DD')", column.name);
    case Form::Timestamp:
      return fmt::format("to_char({}, 'YYYY-MM-DD HH24:MI:SS.US')", column.name);
    case Form::Plain:
      break;
  }
  return fmt::format("{}::text", column.name);
}

}  // namespace

std::string_view name_of(Table table) {
  switch (table) {
    case Table::Strategies:
      return "strategies";
    case Table::Orders:
      return "orders";
    case Table::Executions:
      break;
  }
  return "executions";
}

std::span<const Column> columns_of(Table table) {
  switch (table) {
    case Table::Strategies:
      return strategy_columns;
    case Table::Orders:
      return order_columns;
    case Table::Executions:
      break;
  }
  return execution_columns;
}

std::uint64_t first_key_of(Table table) {
  switch (table) {
    case Table::Strategies:
      return 1;
    case Table::Orders:
      return 1'000'001;
    case Table::Executions:
      break;
  }
  return 20'000'001;
}

std::string checksum_sql(Table table) {
  std::string row;
  for (const Column& column : columns_of(table)) {
    const std::string value = value_sql(column);
    row += fmt::format("{}coalesce(octet_length({}) || ':' || {}, '-')", row.empty() ? "" : " || ", value,
                       value);
  }
  return fmt::format(
      "SELECT coalesce(sum(('x' || left(md5({}), 15))::bit(60)::bigint), 0)::text AS checksum FROM {}", row,
      name_of(table));
}

}  // namespace peo::sample
