// A row of a batch → one tuple of PostgreSQL's binary COPY format. `table` has the file's columns
// (Table::projected); the place adds its fields around them (copy_format.hpp). Any number of threads.
#pragma once
#include <cstddef>
#include <optional>
#include <vector>

#include "decode/change.hpp"
#include "target/copy/copy_format.hpp"
#include "target/copy/encode/copy_buffer.hpp"
#include "target/copy/encode/encoder.hpp"
#include "target/copy/field_form.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

class RowEncoder {
 public:
  // The column whose type has no encoder; null: none.
  static const Column* without_encoder(const Table& table);
  // Empty: a column has no encoder.
  static std::optional<RowEncoder> of(const Table& table, CopyPlace place);

  // Throws NotEncoded for a value that can't be encoded with certainty; `out` then holds a partial row.
  void append(const decode::ChangeBatch& batch, std::size_t row, encode::CopyBuffer& out) const;

 private:
  bool encode(std::size_t k, std::string_view value, encode::CopyBuffer& out) const;
  RowEncoder(const Table& table, CopyPlace place, std::vector<encode::ColumnEncoder> encoders);

  std::vector<std::string> names_;
  CopyPlace place_;
  std::vector<FieldForm> forms_;
  std::vector<bool> in_key_;
  std::vector<encode::ColumnEncoder> encoders_;
};

}  // namespace peo::target
