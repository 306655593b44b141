#include "target/copy_text.hpp"

#include <fmt/format.h>

#include <iterator>

namespace peo::target {
namespace {

// In this format only these bytes need a backslash (PostgreSQL manual, COPY, text format).
void append_escaped(std::string_view value, std::string& out) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    char letter = '\0';
    switch (value[i]) {
      case '\\':
        letter = '\\';
        break;
      case '\n':
        letter = 'n';
        break;
      case '\r':
        letter = 'r';
        break;
      case '\t':
        letter = 't';
        break;
      default:
        continue;
    }
    out.append(value.substr(begin, i - begin));
    out += '\\';
    out += letter;
    begin = i + 1;
  }
  out.append(value.substr(begin));
}

std::vector<FieldForm> forms_of(const Table& table) {
  std::vector<FieldForm> forms;
  for (const auto& column : table.columns) {
    if (column.base_type == "bytea") {
      forms.push_back(FieldForm::Bytes);
    } else {
      forms.push_back(column.is_text && column.not_null ? FieldForm::EmptyText : FieldForm::Plain);
    }
  }
  return forms;
}

bool is_null(const decode::Field& field, FieldForm form) {
  return field.null != 0 && (form != FieldForm::EmptyText || field.length != 0);
}

std::string_view hex_digits(std::string_view value) {
  if (value.starts_with("0x") || value.starts_with("\\x")) value.remove_prefix(2);
  return value;
}

}  // namespace

CopyText::CopyText(const Table& table) : forms_(forms_of(table)) {}

void CopyText::append_fields(const decode::ChangeBatch& batch, std::size_t row, std::string& out) const {
  const auto* fields = batch.row_fields(row);
  for (std::size_t k = 0; k < batch.width; ++k) {
    if (k != 0) out += '\t';
    if (is_null(fields[k], forms_[k])) {
      out += "\\N";
    } else if (forms_[k] == FieldForm::Bytes) {
      out += "\\\\x";
      append_escaped(hex_digits(batch.text(fields[k])), out);
    } else {
      append_escaped(batch.text(fields[k]), out);
    }
  }
}

void CopyText::append_incoming(const decode::ChangeBatch& batch, std::string& out) const {
  for (std::size_t row = 0; row < batch.rows.size(); ++row) {
    fmt::format_to(std::back_inserter(out), "{}\t{}\t", batch.first_row + row,
                   static_cast<char>(batch.rows[row].operation));
    append_fields(batch, row, out);
    out += '\n';
  }
}

void CopyText::append_direct(const decode::ChangeBatch& batch, std::uint64_t event_base,
                             std::uint64_t delivery_id, std::string& out) const {
  for (std::size_t row = 0; row < batch.rows.size(); ++row) {
    append_fields(batch, row, out);
    fmt::format_to(std::back_inserter(out), "\t{}\t{}\n", event_base + batch.first_row + row, delivery_id);
  }
}

ArrayText::ArrayText(const Table& table) : forms_(forms_of(table)) {}

void ArrayText::append(const decode::ChangeBatch& batch, std::vector<std::string>& arrays) const {
  for (std::size_t row = 0; row < batch.rows.size(); ++row) {
    const auto* const comma = batch.first_row + row == 1 ? "" : ",";
    fmt::format_to(std::back_inserter(arrays[0]), "{}{}", comma, batch.first_row + row);
    fmt::format_to(std::back_inserter(arrays[1]), "{}{}", comma,
                   static_cast<char>(batch.rows[row].operation));
    const auto* fields = batch.row_fields(row);
    for (std::size_t k = 0; k < batch.width; ++k) {
      auto& out = arrays[k + 2];
      out += comma;
      if (is_null(fields[k], forms_[k])) {
        out += "NULL";
        continue;
      }
      const bool bytes = forms_[k] == FieldForm::Bytes;
      out += bytes ? "\"\\\\x" : "\"";
      for (const char c : bytes ? hex_digits(batch.text(fields[k])) : batch.text(fields[k])) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
      }
      out += '"';
    }
  }
}

}  // namespace peo::target
