#include "target/copy/field_form.hpp"

#include "target/copy/encode/encoder.hpp"
#include "target/copy/encode/types.hpp"

namespace peo::target {
namespace {

// "100.00" without the fraction; another value as it is.
std::string_view without_zero_fraction(std::string_view value) {
  const auto point = value.find('.');
  // Without digits on both sides it is no number that DMS writes.
  if (point == std::string_view::npos || point == 0 || point + 1 == value.size()) return value;
  if (value[point - 1] < '0' || value[point - 1] > '9') return value;
  return value.find_first_not_of('0', point + 1) == std::string_view::npos ? value.substr(0, point) : value;
}

}  // namespace

std::vector<FieldForm> forms_of(const Table& table) {
  std::vector<FieldForm> forms;
  for (const auto& column : table.columns) {
    if (column.base_type == "bytea") {
      forms.push_back(FieldForm::Bytes);
    } else if (column.base_type == "bool") {
      forms.push_back(FieldForm::Boolean);
    } else if (column.base_type == "int2" || column.base_type == "int4" || column.base_type == "int8") {
      forms.push_back(FieldForm::Integer);
    } else if (column.base_type == "timestamp") {
      forms.push_back(FieldForm::Moment);
    } else {
      // A column of the key that the source's key lacks may be missing (partial_key.hpp).
      const bool may_be_missing = column.key_position != 0 && !column.identifies;
      forms.push_back(column.is_text && column.not_null && !may_be_missing ? FieldForm::EmptyText
                                                                           : FieldForm::Plain);
    }
  }
  return forms;
}

bool is_null(const decode::Field& field, FieldForm form) {
  return field.null != 0 && (form != FieldForm::EmptyText || field.length != 0);
}

void count_empty_texts(const decode::ChangeBatch& batch, const Table& table,
                       std::map<std::string, std::uint64_t>& counts) {
  const auto forms = forms_of(table);
  for (std::size_t k = 0; k < forms.size(); ++k) {
    if (forms[k] != FieldForm::EmptyText || table.columns[k].key_position != 0) continue;
    std::uint64_t empty = 0;
    for (std::size_t row = 0; row < batch.rows.size(); ++row) {
      const auto& field = batch.row_fields(row)[k];
      if (field.null != 0 && field.length == 0 && !key_alone(batch.rows[row].operation)) ++empty;
    }
    if (empty != 0) counts[table.columns[k].name] += empty;
  }
}

std::vector<bool> in_key_of(const Table& table) {
  std::vector<bool> in_key;
  for (const auto& column : table.columns) in_key.push_back(column.key_position != 0);
  return in_key;
}

bool key_alone(decode::Operation operation) {
  return operation == decode::Operation::Delete || operation == decode::Operation::KeyUpdated;
}

std::string_view as_input(std::string_view value, FieldForm form, std::string& scratch) {
  if (form == FieldForm::Boolean) {
    const auto text = encode::without_blanks(value);
    return text == "1.0" || text == "0.0" ? text.substr(0, 1) : value;
  }
  if (form == FieldForm::Integer) return without_zero_fraction(value);
  // The date itself has hyphens: an offset comes after it.
  constexpr std::size_t date = 10;
  if (form != FieldForm::Moment || value.find_first_of("+-", date) == std::string_view::npos) return value;
  const auto text = encode::utc_text(value);
  if (!text) return value;
  scratch = *text;
  return scratch;
}

std::string_view hex_digits(std::string_view value) {
  if (value.starts_with("0x") || value.starts_with("\\x")) value.remove_prefix(2);
  return value;
}

}  // namespace peo::target
