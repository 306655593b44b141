#include "target/schema/wider_type.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace peo::target {
namespace {

struct Number {
  std::size_t integer_digits = 0;
  bool is_integer = true;
};

// Digits with a sign, a point and an exponent.
std::optional<Number> number_in(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto digits = [&] {
    const auto count = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
    text.remove_prefix(count);
    return count;
  };
  Number number{.integer_digits = digits()};
  if (number.integer_digits == 0) return std::nullopt;
  if (text.starts_with('.')) {
    number.is_integer = false;
    text.remove_prefix(1);
    digits();
  }
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
    number.is_integer = false;
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (digits() == 0) return std::nullopt;
  }
  return text.empty() ? std::optional(number) : std::nullopt;
}

bool fits_bigint(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stopped == end;
}

std::string wider_integer(std::string_view value) {
  const auto number = number_in(value);
  if (!number) return "text";
  return number->is_integer && fits_bigint(value) ? "bigint" : "numeric";
}

// With the scale that it has: numeric(10,2) becomes numeric(38,2).
std::string wider_numeric(const std::string& type, std::string_view value) {
  constexpr unsigned most_of_sources = 38;
  const auto comma = type.find(',');
  const auto number = number_in(value);
  if (comma == std::string::npos || !number) return "numeric";
  unsigned scale = 0;
  const auto read = std::from_chars(type.data() + comma + 1, type.data() + type.size(), scale);
  if (read.ec != std::errc()) return "numeric";  // a negative one
  return scale <= most_of_sources && number->integer_digits + scale <= most_of_sources
             ? fmt::format("numeric({},{})", most_of_sources, scale)
             : "numeric";
}

// Of the text itself: a value that was shortened is longer than any number.
std::optional<std::string> wider_type(const Column& column, std::string_view sqlstate,
                                      std::string_view value) {
  const auto& base = column.base_type;
  const bool out_of_range = sqlstate == "22003";
  const bool other_form = sqlstate == "22P02";
  if (sqlstate == "22001" && (base == "varchar" || base == "bpchar")) return "text";
  if (!out_of_range && !other_form) return std::nullopt;
  if (base == "int2" || base == "int4" || base == "int8") return wider_integer(value);
  if (base == "numeric") return out_of_range ? wider_numeric(column.type, value) : "text";
  if (base == "float4") return out_of_range ? "double precision" : "text";
  if (base == "float8") return out_of_range ? "numeric" : "text";
  if (base == "bool" || base == "uuid") return "text";
  return std::nullopt;
}

// As text, numbers are in another order and equal keys may differ (1 and 01), and what refers to the column
// no longer does; only a varchar is the same as text. The type of a partition's key can't be changed.
bool suits_key(const Table& table, const Column& column, const std::string& type) {
  return !table.partitioned && (type != "text" || column.base_type == "varchar");
}

}  // namespace

std::optional<std::string> widening_statement(const Table& table, std::string_view column,
                                              std::string_view sqlstate, std::string_view value) {
  const auto found = std::ranges::find(table.columns, column, &Column::name);
  // A domain's constraint or an array's element is another question.
  if (found == table.columns.end() || !found->domain_base.empty() || found->is_array || found->kind != 'b')
    return std::nullopt;
  const auto type = wider_type(*found, sqlstate, value);
  if (!type || *type == found->type) return std::nullopt;
  if (found->key_position != 0 && !suits_key(table, *found, *type)) return std::nullopt;
  // In a dry run, a table that a run would create is temporary.
  const bool to_create = table.permanent.starts_with("\"pg_temp_");
  return fmt::format("ALTER TABLE {} ALTER COLUMN {} TYPE {};",
                     to_create ? quoted_identifier(table.name) : table.permanent,
                     quoted_identifier(found->name), *type);
}

std::string widening_hint(const Table& table, std::string_view column, std::string_view sqlstate,
                          std::string_view value) {
  const auto statement = widening_statement(table, column, sqlstate, value);
  if (!statement) return "";
  // A value of another kind is more often that of another column: one was dropped, or a delimiter isn't
  // quoted.
  const bool other_kind = sqlstate == "22P02" && statement->ends_with(" TYPE text;");
  return (other_kind
              ? "Compare the file's columns with the table's. If this column is text at the source now, "
                "change its type: "
              : "If the source has such values now, widen the column: ") +
         *statement;
}

}  // namespace peo::target
