#include "target/pipelined/array_parameters.hpp"

#include <fmt/format.h>

#include "target/copy/encode/encoder.hpp"
#include "target/copy/encode/types.hpp"

namespace peo::target {

std::vector<FieldForm> forms_of(const Table& table) {
  std::vector<FieldForm> forms;
  for (const auto& column : table.columns) {
    if (column.base_type == "bytea") {
      forms.push_back(FieldForm::Bytes);
    } else if (column.base_type == "bool") {
      forms.push_back(FieldForm::Boolean);
    } else if (column.base_type == "timestamp") {
      forms.push_back(FieldForm::Moment);
    } else {
      forms.push_back(column.is_text && column.not_null ? FieldForm::EmptyText : FieldForm::Plain);
    }
  }
  return forms;
}

bool is_null(const decode::Field& field, FieldForm form) {
  return field.null != 0 && (form != FieldForm::EmptyText || field.length != 0);
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

ArrayParameters::ArrayParameters(const Table& table) : forms_(forms_of(table)), in_key_(in_key_of(table)) {}

void ArrayParameters::append(const decode::ChangeBatch& batch, std::uint64_t event_base,
                             std::uint64_t delivery_id, std::vector<std::string>& arrays) const {
  std::string scratch;
  const auto delivery = fmt::format_int(delivery_id).str();
  for (std::size_t row = 0; row < batch.rows.size(); ++row) {
    const auto operation = static_cast<char>(batch.rows[row].operation);
    add_element(arrays[0], fmt::format_int(event_base + batch.rows[row].number).str());
    add_element(arrays[1], {&operation, 1});
    add_element(arrays[2], delivery);
    const auto* fields = batch.row_fields(row);
    const bool gone = key_alone(batch.rows[row].operation);
    for (std::size_t k = 0; k < batch.width; ++k) {
      auto& out = arrays[before + k];
      if (is_null(fields[k], forms_[k]) || (gone && !in_key_[k])) {
        add_text(out, std::nullopt);
      } else if (const auto text = batch.text(fields[k]); forms_[k] == FieldForm::Bytes) {
        add_text(out, fmt::format("\\x{}", hex_digits(text)));
      } else {
        add_text(out, as_input(text, forms_[k], scratch));
      }
    }
  }
}

}  // namespace peo::target
