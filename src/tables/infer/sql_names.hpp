// Names of the source as names in SQL. Pure functions.
#pragma once
#include <string>

namespace peo::infer {

// "OrderLines", "Order Lines" and "ORDER_LINES" → "order_lines". Only ASCII letters have a case here.
std::string snake_case(const std::string& name);

// An identifier as SQL writes it: in double quotes unless it is plain and no word of SQL's own.
std::string sql_name(const std::string& name);

}  // namespace peo::infer
