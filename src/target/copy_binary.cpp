// COPY's binary format: values encoded here, which saves the server about half of its work.
#include <utility>

#include "target/array_text.hpp"
#include "target/copy_format.hpp"
#include "target/encode/encoder.hpp"

namespace peo::target {
namespace {

class CopyBinary final : public CopyFormat {
 public:
  CopyBinary(Table table, CopyPlace place, std::vector<encode::ColumnEncoder> encoders)
      : table_(std::move(table)), place_(place), forms_(forms_of(table_)), encoders_(std::move(encoders)) {}

  std::string_view rows(const decode::ChangeBatch& batch) override {
    out_.clear();
    if (!begun_) encode::write_header(out_);
    begun_ = true;
    const auto fields = static_cast<std::uint16_t>(batch.width + 2);
    for (std::size_t row = 0; row < batch.rows.size(); ++row) {
      const auto number = batch.rows[row].number;
      encode::begin_row(out_, fields);
      if (!place_.direct) {
        encode::write_int8(out_, static_cast<std::int64_t>(number));
        encode::write_fixed(out_, static_cast<std::uint8_t>(batch.rows[row].operation));
      }
      append_fields(batch, row);
      if (place_.direct) {
        encode::write_int8(out_, static_cast<std::int64_t>(place_.event_base + number));
        encode::write_int8(out_, static_cast<std::int64_t>(place_.delivery_id));
      }
    }
    return out_.bytes();
  }

  std::string_view end() override {
    out_.clear();
    if (!begun_) encode::write_header(out_);
    encode::write_trailer(out_);
    return out_.bytes();
  }

 private:
  void append_fields(const decode::ChangeBatch& batch, std::size_t row) {
    const auto* fields = batch.row_fields(row);
    for (std::size_t k = 0; k < batch.width; ++k) {
      if (is_null(fields[k], forms_[k])) {
        encode::write_null(out_);
      } else if (encoders_[k].encode(batch.text(fields[k]), out_) != encode::Outcome::Encoded) [[unlikely]] {
        throw NotEncoded{batch.rows[row].line, table_.columns[k].name};
      }
    }
  }

  Table table_;
  CopyPlace place_;
  std::vector<FieldForm> forms_;
  std::vector<encode::ColumnEncoder> encoders_;
  encode::CopyBuffer out_;
  bool begun_ = false;
};

}  // namespace

std::unique_ptr<CopyFormat> binary_copy(const Table& table, CopyPlace place) {
  std::vector<encode::ColumnEncoder> encoders;
  for (const auto& column : table.columns) {
    const auto encoder = encode::encoder_for({.base_type = column.base_type, .kind = column.kind});
    if (!encoder) return nullptr;
    encoders.push_back(*encoder);
  }
  return std::make_unique<CopyBinary>(table, place, std::move(encoders));
}

}  // namespace peo::target
