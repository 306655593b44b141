// The statement that lets a column take a value that its type refuses: for the hint of the error, since a
// source's column that was widened (int to bigint, varchar(50) to varchar(200)) is refused only when the
// first such value comes. Pure functions.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "target/schema/table.hpp"

namespace peo::target {

// "ALTER TABLE "public"."orders" ALTER COLUMN "qty" TYPE bigint;". `sqlstate`: as the server refused the
// value, which may be shortened. Nothing: another type doesn't help, or none is clearly intended (a date that
// is none, a word in a number of the key).
std::optional<std::string> widening_statement(const Table& table, std::string_view column,
                                              std::string_view sqlstate, std::string_view value);

// As a sentence for a hint; empty: there is none.
std::string widening_hint(const Table& table, std::string_view column, std::string_view sqlstate,
                          std::string_view value);

}  // namespace peo::target
