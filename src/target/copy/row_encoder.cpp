#include "target/copy/row_encoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace peo::target {

namespace {

std::optional<encode::ColumnEncoder> encoder_of(const Column& column) {
  return encode::encoder_for({.base_type = column.base_type, .kind = column.kind});
}

}  // namespace

FallBack fall_back(const NotEncoded& value) {
  return {FallBack::Reason::ValueNotEncoded,
          fmt::format("line {}, column {}: only the server can parse this value", value.line, value.column)};
}

const Column* RowEncoder::without_encoder(const Table& table) {
  const auto& columns = table.columns;
  const auto found =
      std::find_if(columns.begin(), columns.end(), [](const auto& column) { return !encoder_of(column); });
  return found == columns.end() ? nullptr : &*found;
}

std::optional<RowEncoder> RowEncoder::of(const Table& table, CopyPlace place) {
  std::vector<encode::ColumnEncoder> encoders;
  for (const auto& column : table.columns) {
    const auto encoder = encoder_of(column);
    if (!encoder) return std::nullopt;
    encoders.push_back(*encoder);
  }
  return RowEncoder(table, place, std::move(encoders));
}

RowEncoder::RowEncoder(const Table& table, CopyPlace place, std::vector<encode::ColumnEncoder> encoders)
    : place_(place), forms_(forms_of(table)), in_key_(in_key_of(table)), encoders_(std::move(encoders)) {
  for (const auto& column : table.columns) names_.push_back(column.name);
}

bool RowEncoder::encode(std::size_t k, std::string_view value, encode::CopyBuffer& out) const {
  const auto encoded = [&](std::string_view text) {
    return encoders_[k].encode(text, out) == encode::Outcome::Encoded;
  };
  if (encoded(value)) [[likely]]
    return true;
  // A refused integer leaves nothing in `out`.
  if (forms_[k] != FieldForm::Integer) return false;
  std::string scratch;
  const auto whole = as_input(value, forms_[k], scratch);
  return whole.size() != value.size() && encoded(whole);
}

void RowEncoder::append(const decode::ChangeBatch& batch, std::size_t row, encode::CopyBuffer& out) const {
  const auto number = batch.rows[row].number;
  // Two more: the fields that the place adds.
  encode::begin_row(out, static_cast<std::uint16_t>(batch.width + 2));
  if (!place_.direct) {
    encode::write_int8(out, static_cast<std::int64_t>(number));
    encode::write_fixed(out, static_cast<std::uint8_t>(batch.rows[row].operation));
  }
  const auto* fields = batch.row_fields(row);
  const bool gone = key_alone(batch.rows[row].operation);
  for (std::size_t k = 0; k < batch.width; ++k) {
    // A delete's other fields may be empty or cut by the source: they are not read, so they can't be refused.
    if (is_null(fields[k], forms_[k]) || (gone && !in_key_[k])) {
      encode::write_null(out);
    } else if (!encode(k, batch.text(fields[k]), out)) [[unlikely]] {
      throw NotEncoded{batch.rows[row].line, names_[k]};
    }
  }
  if (place_.direct) {
    encode::write_int8(out, static_cast<std::int64_t>(place_.event_base + number));
    encode::write_int8(out, static_cast<std::int64_t>(place_.delivery_id));
  }
}

}  // namespace peo::target
