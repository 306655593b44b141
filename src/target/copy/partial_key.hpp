// Changes that don't carry the whole primary key. A delete is one when it has no value for a column of the
// key: it would find no row, and must not pass for a delete of an absent one. Where the table's comment
// declares which columns identify a row at the source (schema/source_key.hpp), the others may be missing in
// deletes and updates; changes/partial_keys.hpp looks them up.
// An empty field of a text column is the empty text, a value like any other, unless that column is one of the
// others. Any number of threads.
#pragma once
#include <cstddef>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "decode/change.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

class KeyCheck {
 public:
  // `table`: with the file's columns (Table::projected). It must outlive this.
  explicit KeyCheck(const Table& table);

  enum class Found { Whole, Partial, Bad };  // Partial: the rest of the key can be looked up
  Found check(const decode::ChangeBatch& batch, std::size_t row) const;
  // Of a bad row: BadDelivery with the row's line and column.
  Error error(const decode::ChangeBatch& batch, std::size_t row) const;

 private:
  struct Part {
    std::size_t field;
    bool empty_is_missing;
    bool identifies;
  };
  std::optional<Part> missing(const decode::ChangeBatch& batch, std::size_t row, bool identifying) const;

  const Table& table_;
  std::vector<Part> parts_;
  bool wide_;
};

// Checks a whole batch, and returns the first bad row, if any.
struct KeysOfBatch {
  bool partial = false;
  std::optional<std::size_t> bad{};
};
KeysOfBatch check_keys(const KeyCheck& check, const decode::ChangeBatch& batch);

}  // namespace peo::target
