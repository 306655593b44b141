// Rows as the texts of SQL arrays, for the statement of small deliveries. Values are read as text_copy reads
// them (copy_format.hpp). Pure; one thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "decode/change.hpp"
#include "target/postgres/sql_array.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

// What a column asks of its fields before the server may read them.
enum class FieldForm {
  Plain,
  EmptyText,  // a NOT NULL text column: an empty field is the empty text
  Boolean,    // 1.0 and 0.0 are 1 and 0
  Moment,     // a timestamp without time zone: an offset is taken off, where PostgreSQL would drop it
  Bytes,      // bytea: DMS writes hexadecimal digits, with or without 0x or \x in front
};
std::vector<FieldForm> forms_of(const Table& table);
bool is_null(const decode::Field& field, FieldForm form);
// By column: whether it belongs to the key. Of a change that takes a row away, nothing else is looked at.
std::vector<bool> in_key_of(const Table& table);
bool key_alone(decode::Operation operation);
// What the server's input function is to be given, of a Boolean or Moment; `scratch` may hold it.
std::string_view as_input(std::string_view value, FieldForm form, std::string& scratch);
std::string_view hex_digits(std::string_view value);

class ArrayParameters {
 public:
  // What stands before the columns: event_id, operation, delivery_id.
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
