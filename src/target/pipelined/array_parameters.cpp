#include "target/pipelined/array_parameters.hpp"

#include <fmt/format.h>

#include "target/postgres/sql_array.hpp"

namespace peo::target {

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
    // As in COPY: of a delete only the key is read.
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
