// COPY's text format: values as DMS wrote them; PostgreSQL's own input functions read them.
#include <fmt/format.h>

#include <iterator>

#include "target/copy/copy_format.hpp"
#include "target/copy/field_form.hpp"
#include "target/postgres/sql_array.hpp"

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

class CopyText final : public CopyFormat {
 public:
  CopyText(const Table& table, CopyPlace place)
      : place_(place), forms_(forms_of(table)), in_key_(in_key_of(table)) {
    if (place_.direct) return;
    for (const auto& column : table.columns) add_text(names_.emplace_back(), column.name);
  }

  std::string_view rows(const decode::ChangeBatch& batch, std::size_t first, std::size_t last) override {
    out_.clear();
    for (std::size_t row = first; row < last; ++row) {
      const auto number = batch.rows[row].number;
      if (!place_.direct) {
        fmt::format_to(std::back_inserter(out_), "{}\t{}\t", place_.rows_before + number,
                       static_cast<char>(batch.rows[row].operation));
        append_unlogged(batch, row);
      }
      append_fields(batch, row);
      if (place_.direct) {
        fmt::format_to(std::back_inserter(out_), "\t{}\t{}", place_.event_base + number, place_.delivery_id);
      }
      out_ += '\n';
    }
    return out_;
  }

  std::string_view end() override { return {}; }

 private:
  void append_unlogged(const decode::ChangeBatch& batch, std::size_t row) {
    array_.clear();
    if (batch.unlogged && !key_alone(batch.rows[row].operation)) {
      const auto* fields = batch.row_fields(row);
      for (std::size_t k = 0; k < batch.width; ++k) {
        if (fields[k].unlogged != 0) add_element(array_, names_[k]);
      }
    }
    if (array_.empty()) {
      out_ += "\\N\t";
    } else {
      append_escaped(braced(array_), out_);
      out_ += '\t';
    }
  }

  void append_fields(const decode::ChangeBatch& batch, std::size_t row) {
    const auto* fields = batch.row_fields(row);
    const bool gone = place_.key_alone || key_alone(batch.rows[row].operation);
    for (std::size_t k = 0; k < batch.width; ++k) {
      if (k != 0) out_ += '\t';
      if (is_null(fields[k], forms_[k]) || (gone && !in_key_[k])) {
        out_ += "\\N";
      } else if (forms_[k] == FieldForm::Bytes) {
        out_ += "\\\\x";
        append_escaped(hex_digits(batch.text(fields[k])), out_);
      } else {
        append_escaped(as_input(batch.text(fields[k]), forms_[k], scratch_), out_);
      }
    }
  }

  CopyPlace place_;
  std::vector<FieldForm> forms_;
  std::vector<bool> in_key_;
  std::vector<std::string> names_;  // of the columns, as elements of an array
  std::string out_, scratch_, array_;
};

}  // namespace

std::unique_ptr<CopyFormat> text_copy(const Table& table, CopyPlace place) {
  return std::make_unique<CopyText>(table, place);
}

}  // namespace peo::target
