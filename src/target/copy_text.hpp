// Rows of a batch → PostgreSQL's COPY text format.
//
// Values go as DMS wrote them and PostgreSQL's own input functions read them, with one exception: a bytea
// comes as hexadecimal digits, with or without 0x or \x in front, and must become \x…. NULL is \N; an empty
// field of a NOT NULL text column is the empty text. Pure; one thread.
#pragma once
#include <string>
#include <vector>

#include "decode/change.hpp"
#include "target/table.hpp"

namespace peo::target {

enum class FieldForm { Plain, EmptyText, Bytes };

class CopyText {
 public:
  explicit CopyText(const Table& table);

  // Appends "row number, operation, fields" (for the incoming table) for every row of the batch.
  void append_incoming(const decode::ChangeBatch& batch, std::string& out) const;
  // Appends "fields, event_id, delivery_id" (for the table itself); the event_id is `event_base` + row
  // number.
  void append_direct(const decode::ChangeBatch& batch, std::uint64_t event_base, std::uint64_t delivery_id,
                     std::string& out) const;

 private:
  void append_fields(const decode::ChangeBatch& batch, std::size_t row, std::string& out) const;

  std::vector<FieldForm> forms_;
};

// Rows of a batch → the texts of arrays, one for the row numbers, one for the operations, one for each
// column; without the closing brace. Values are read as CopyText reads them.
class ArrayText {
 public:
  explicit ArrayText(const Table& table);
  void append(const decode::ChangeBatch& batch, std::vector<std::string>& arrays) const;

 private:
  std::vector<FieldForm> forms_;
};

}  // namespace peo::target
