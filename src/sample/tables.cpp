#include "sample/tables.hpp"

#include <fmt/format.h>

namespace peo::sample {
namespace {

constexpr Column strategy_columns[] = {{"strategy_id", Form::Plain, "INTEGER"},
                                       {"strategy_uuid"},
                                       {"strategy_name"},
                                       {"account"},
                                       {"currency"},
                                       {"target_strategy_parameters"},
                                       {"is_active", Form::Plain, "BOOLEAN"},
                                       {"start_date", Form::Date},
                                       {"text"},
                                       {"transact_time", Form::Timestamp}};

constexpr Column order_columns[] = {{"order_id", Form::Plain, "BIGINT"},
                                    {"cl_ord_id"},
                                    {"orig_cl_ord_id"},
                                    {"strategy_id", Form::Plain, "INTEGER"},
                                    {"symbol"},
                                    {"side"},
                                    {"ord_type"},
                                    {"time_in_force"},
                                    {"ord_status"},
                                    {"order_qty", Form::Plain, "DECIMAL(18, 8)"},
                                    {"price", Form::Plain, "DECIMAL(18, 8)"},
                                    {"stop_px", Form::Plain, "DECIMAL(18, 8)"},
                                    {"cum_qty", Form::Plain, "DECIMAL(18, 8)"},
                                    {"leaves_qty", Form::Plain, "DECIMAL(18, 8)"},
                                    {"avg_px", Form::Plain, "DECIMAL(18, 8)"},
                                    {"expire_date", Form::Date},
                                    {"ord_rej_reason", Form::Plain, "SMALLINT"},
                                    {"text"},
                                    {"transact_time", Form::Timestamp}};

constexpr Column execution_columns[] = {{"exec_id", Form::Plain, "BIGINT"},
                                        {"order_id", Form::Plain, "BIGINT"},
                                        {"cl_ord_id"},
                                        {"exec_type"},
                                        {"ord_status"},
                                        {"side"},
                                        {"last_qty", Form::Plain, "DECIMAL(18, 8)"},
                                        {"last_px", Form::Plain, "DECIMAL(18, 8)"},
                                        {"last_mkt"},
                                        {"cum_qty", Form::Plain, "DECIMAL(18, 8)"},
                                        {"leaves_qty", Form::Plain, "DECIMAL(18, 8)"},
                                        {"avg_px", Form::Plain, "DECIMAL(18, 8)"},
                                        {"aggressor_indicator", Form::Plain, "BOOLEAN"},
                                        {"exec_ref_id", Form::Plain, "BIGINT"},
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

std::vector<parquet::WrittenColumn> written_columns(Table table, bool changes) {
  std::vector<parquet::WrittenColumn> columns;
  if (changes) columns.push_back({"Op", "VARCHAR"});
  for (const auto& column : columns_of(table)) {
    const auto by_form = column.form == Form::Date        ? "DATE"
                         : column.form == Form::Timestamp ? "TIMESTAMP"
                                                          : "VARCHAR";
    columns.push_back({std::string(column.name), std::string(column.type.empty() ? by_form : column.type)});
  }
  return columns;
}

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
