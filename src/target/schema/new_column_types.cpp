#include "target/schema/new_column_types.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>

#include "base/identifiers.hpp"

namespace peo::target {
namespace {

enum Type : std::uint8_t { Boolean = 1, Integer = 2, Numeric = 4, Timestamp = 8 };

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t digits_at(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

// Without leading zeros, which a number would lose: they are of a code.
std::uint8_t number_types(std::string_view text) {
  constexpr std::size_t most_digits = 1000;
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto whole = digits_at(text);
  if (whole == 0 || whole > most_digits || (whole > 1 && text.front() == '0')) return 0;
  text.remove_prefix(whole);
  if (text.empty()) return Integer | Numeric;
  if (text.front() != '.') return 0;
  text.remove_prefix(1);
  const auto fraction = digits_at(text);
  return fraction != 0 && fraction <= most_digits && fraction == text.size() ? Numeric : 0;
}

// As AWS DMS writes floats: +3.23800011e+01.
bool is_float(std::string_view text) {
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return false;
  text.remove_prefix(1);
  if (digits_at(text) != 1 || text.size() < 3 || text[1] != '.') return false;
  text.remove_prefix(2);
  const auto fraction = digits_at(text);
  text.remove_prefix(fraction);
  if (fraction == 0 || fraction > 20 || text.size() < 4 || text[0] != 'e' ||
      (text[1] != '+' && text[1] != '-'))
    return false;
  text.remove_prefix(2);
  return digits_at(text) == text.size() && text.size() <= 3;
}

std::optional<int> number(std::string_view digits) {
  int value = 0;
  const auto* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, value);
  return error == std::errc() && stopped == end && is_digit(digits.front()) ? std::optional(value)
                                                                            : std::nullopt;
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto year = number(text.substr(0, 4));
  const auto month = number(text.substr(5, 2));
  const auto day = number(text.substr(8, 2));
  return year && month && day && *year >= 1 && (std::chrono::year(*year) / *month / *day).ok();
}

// A date, or one with a time of day: 2024-06-12 10:30:25.104667.
bool is_timestamp(std::string_view text) {
  if (!is_date(text.substr(0, 10))) return false;
  text.remove_prefix(10);
  if (text.empty()) return true;
  if (text.size() < 9 || (text[0] != ' ' && text[0] != 'T') || text[3] != ':' || text[6] != ':') return false;
  const auto hour = number(text.substr(1, 2));
  const auto minute = number(text.substr(4, 2));
  const auto second = number(text.substr(7, 2));
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) return false;
  text.remove_prefix(9);
  return text.empty() || (text.front() == '.' && text.size() >= 2 && text.size() <= 10 &&
                          digits_at(text.substr(1)) == text.size() - 1);
}

std::uint8_t types_of(std::string_view text) {
  if (text.empty()) return 0;
  if (same_name(text, "true") || same_name(text, "false")) return Boolean;
  if (const auto types = number_types(text); types != 0) return types;
  if (is_float(text)) return Numeric;
  return is_timestamp(text) ? Timestamp : 0;
}

bool reads_key_alone(decode::Operation operation) {
  return operation == decode::Operation::Delete || operation == decode::Operation::KeyUpdated;
}

}  // namespace

NewColumnTypes::NewColumnTypes(const std::vector<std::string>& names) : names_(names) {
  for (const auto& name : names) candidates_[name];
}

void NewColumnTypes::add(const decode::ChangeBatch& batch) {
  const auto& mapping = *batch.mapping;
  if (mapping.added.empty()) return;
  for (std::size_t k = 0; k < mapping.columns.size(); ++k) {
    if (mapping.columns[k] < mapping.known) continue;
    const auto found = candidates_.find(mapping.added.at(mapping.columns[k] - mapping.known));
    if (found == candidates_.end()) continue;
    auto& column = found->second;
    const auto place = mapping.columns[k] - mapping.known;
    column.declare(mapping.added_types.empty() ? "" : mapping.added_types.at(place));
    for (std::size_t row = 0; row < batch.rows.size(); ++row) {
      const auto& field = batch.row_fields(row)[k];
      if (field.null != 0 || field.unlogged != 0 || reads_key_alone(batch.rows[row].operation)) continue;
      column.any_value = true;
      if (column.types != 0)
        column.types = static_cast<std::uint8_t>(column.types & types_of(batch.text(field)));
    }
  }
}

bool NewColumnTypes::is_known(const std::string& name) const {
  const auto& column = candidates_.at(name);
  return column.any_value || !column.declared.empty();
}

void NewColumnTypes::Candidates::declare(const std::string& type) {
  by_values = by_values || type.empty() || (!declared.empty() && declared != type);
  declared = type;
}

std::string NewColumnTypes::type_of(const Candidates& column) {
  if (!column.by_values && !column.declared.empty()) return column.declared;
  if (!column.any_value) return "text";
  constexpr std::array<std::pair<Type, const char*>, 4> in_order = {
      {{Boolean, "boolean"},
       {Integer, "text"},  // or a code, such as a postal code
       {Numeric, "numeric"},
       {Timestamp, "timestamp without time zone"}}};
  const auto* const found =
      std::ranges::find_if(in_order, [&](const auto& one) { return (column.types & one.first) != 0; });
  return found == in_order.end() ? "text" : found->second;
}

std::vector<NewColumn> NewColumnTypes::columns() const {
  std::vector<NewColumn> list;
  list.reserve(names_.size());
  for (const auto& name : names_) list.push_back({name, type_of(candidates_.at(name))});
  return list;
}

}  // namespace peo::target
