// The key of an encoded row as bytes that are equal just when PostgreSQL calls the keys equal, and that stand
// in the order of the key's index, or near it (texts: by their bytes, whatever the collation).
//
// Not every key has such a form here: none where different bytes may be equal (numeric 1.0 and 1.00, floats,
// a collation that calls different texts equal), or where the server may change a value on its way in
// (timestamp(0) rounds). Pure; any number of threads.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "target/schema/table.hpp"

namespace peo::target {

class SortKey {
 public:
  // `table` as the file shows it; `before`: how many fields stand before the table's own in a row.
  static std::optional<SortKey> of(const Table& table, std::size_t before);

  // `row`: one tuple in the binary COPY format. False: this key can't be told from others with certainty
  // (NULL, or a text that the server would cut).
  bool read(std::string_view row, std::string& key) const;

 private:
  enum class Form { Signed, Bytes, Text, LimitedText, Padded };
  struct Part {
    std::size_t field;  // of the row
    Form form;
  };
  static std::optional<Form> form_of(const Column& column);
  static bool append(Form form, std::string_view value, std::string& key);

  std::vector<Part> parts_;  // in the key's order
  std::size_t last_ = 0;     // the last field that is read
};

}  // namespace peo::target
