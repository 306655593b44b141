// How fields are converted before the server's input functions parse them: the one place that knows DMS's way
// of writing values, for COPY and for arrays alike. Pure; any number of threads.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "decode/change.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

enum class FieldForm {
  Plain,
  EmptyText,  // a NOT NULL text column: an empty field is the empty text
  Boolean,    // 1.0 and 0.0 are 1 and 0
  Integer,    // 100.00 is 100: Oracle's NUMBER without a scale has a fraction
  Moment,     // a timestamp without time zone: an offset is converted to UTC; PostgreSQL would ignore it
  Bytes,      // bytea: DMS writes hexadecimal digits, with or without 0x or \x in front
};
std::vector<FieldForm> forms_of(const Table& table);
bool is_null(const decode::Field& field, FieldForm form);
// Adds, by column, the fields of the batch that EmptyText makes the empty text of.
void count_empty_texts(const decode::ChangeBatch& batch, const Table& table,
                       std::map<std::string, std::uint64_t>& counts);
// By column: whether it belongs to the key. Of a change that deletes a row nothing else is read.
std::vector<bool> in_key_of(const Table& table);
bool key_alone(decode::Operation operation);
// What the server's input function is given for a Boolean or Moment; `scratch` may hold it.
std::string_view as_input(std::string_view value, FieldForm form, std::string& scratch);
std::string_view hex_digits(std::string_view value);

}  // namespace peo::target
