// The key of an encoded row as bytes. They are equal if and only if PostgreSQL calls the keys equal, and they
// sort in the order of the key's index, or nearly (texts by their bytes, whatever the collation).
//
// Not every key can be expressed so: not where different bytes may be equal (numeric 1.0 and 1.00, floats, a
// nondeterministic collation), nor where the server may change a value on input (timestamp(0) rounds). Pure;
// any number of threads.
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
  // `table` has the file's columns; `before`: the number of fields in a row that precede them.
  static std::optional<SortKey> of(const Table& table, std::size_t before);

  // `row`: one tuple in the binary COPY format. False: this key can't be distinguished from others with
  // certainty (NULL, or a text that the server would cut).
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
