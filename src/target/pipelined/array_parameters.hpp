// Rows as the texts of SQL arrays, for the statement of small deliveries. Values are read as text_copy reads
// them (copy_format.hpp, field_form.hpp). Pure; one thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decode/change.hpp"
#include "target/copy/field_form.hpp"
#include "target/postgres/sql_array.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

class ArrayParameters {
 public:
  // The arrays before those of the columns: event_id, operation, delivery_id.
  static constexpr std::size_t before = 3;

  explicit ArrayParameters(const Table& table);
  std::size_t size() const { return before + forms_.size(); }
  // Appends an element for each row to each of the arrays.
  void append(const decode::ChangeBatch& batch, std::uint64_t event_base, std::uint64_t delivery_id,
              std::vector<std::string>& arrays) const;

 private:
  std::vector<FieldForm> forms_;
  std::vector<bool> in_key_;
};

}  // namespace peo::target
