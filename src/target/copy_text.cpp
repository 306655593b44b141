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

}  // namespace

CopyText::CopyText(const Table& table) {
  for (const auto& column : table.columns) {
    if (column.base_type == "bytea") {
      forms_.push_back(Form::Bytes);
    } else {
      forms_.push_back(column.is_text && column.not_null ? Form::EmptyText : Form::Plain);
    }
  }
}

void CopyText::append_fields(const decode::ChangeBatch& batch, std::size_t row, std::string& out) const {
  const auto* fields = batch.row_fields(row);
  for (std::size_t k = 0; k < batch.width; ++k) {
    if (k != 0) out += '\t';
    const auto& field = fields[k];
    if (field.null != 0) {
      if (forms_[k] != Form::EmptyText || field.length != 0) out += "\\N";
      continue;
    }
    auto value = batch.text(field);
    if (forms_[k] == Form::Bytes) {
      if (value.starts_with("0x") || value.starts_with("\\x")) value.remove_prefix(2);
      out += "\\\\x";
    }
    append_escaped(value, out);
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

}  // namespace peo::target
