#include "target/copy/partial_key.hpp"

#include <fmt/format.h>

#include "base/identifiers.hpp"
#include "target/copy/field_form.hpp"

namespace peo::target {

KeyCheck::KeyCheck(const Table& table) : table_(table), wide_(table.wider_than_source()) {
  const auto forms = forms_of(table);
  for (std::size_t k = 0; k < table.columns.size(); ++k) {
    const auto& column = table.columns[k];
    if (column.key_position == 0) continue;
    parts_.push_back(
        {.field = k, .empty_is_missing = forms[k] != FieldForm::EmptyText, .identifies = column.identifies});
  }
}

std::optional<KeyCheck::Part> KeyCheck::missing(const decode::ChangeBatch& batch, std::size_t row,
                                                bool identifying) const {
  const auto* fields = batch.row_fields(row);
  for (const auto& part : parts_) {
    const auto& field = fields[part.field];
    const bool absent = field.null != 0 && (part.empty_is_missing || field.length != 0);
    if (absent && part.identifies == identifying) return part;
  }
  return std::nullopt;
}

KeyCheck::Found KeyCheck::check(const decode::ChangeBatch& batch, std::size_t row) const {
  const auto operation = batch.rows[row].operation;
  // The server refuses an insert or update without a value for a key's column.
  if (key_alone(operation) && missing(batch, row, true)) return Found::Bad;
  if (!wide_ || operation == decode::Operation::Insert || !missing(batch, row, false)) return Found::Whole;
  return Found::Partial;
}

Error KeyCheck::error(const decode::ChangeBatch& batch, std::size_t row) const {
  const auto& column = table_.columns[missing(batch, row, true)->field].name;
  return Error::bad_delivery(fmt::format("the {} has no value for {}, a column of the primary key (if the "
                                         "other columns identify a row: "
                                         "COMMENT ON TABLE ... IS 'Source key: column.')",
                                         batch.rows[row].operation == decode::Operation::Delete
                                             ? "delete"
                                             : "change of the key",
                                         shortened(column)))
      .at({.line = batch.rows[row].line, .column = column});
}

KeysOfBatch check_keys(const KeyCheck& check, const decode::ChangeBatch& batch) {
  KeysOfBatch keys;
  for (std::size_t row = 0; row < batch.rows.size(); ++row) {
    switch (check.check(batch, row)) {
      case KeyCheck::Found::Bad:
        if (!keys.bad) keys.bad = row;
        break;
      case KeyCheck::Found::Partial:
        keys.partial = true;
        break;
      case KeyCheck::Found::Whole:
        break;
    }
  }
  return keys;
}

}  // namespace peo::target
