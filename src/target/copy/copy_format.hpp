// Rows of a batch → the bytes of a COPY, in PostgreSQL's binary or text format.
//
// NULL and the empty string of a NOT NULL text column are distinguished here. A bytea comes from DMS as
// hexadecimal digits, with or without 0x or \\x in front. Everything else is read as PostgreSQL's input
// functions read it. Of a delete only the key is read. `table` has the file's columns (Table::projected). One
// thread each.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "decode/change.hpp"
#include "target/schema/table.hpp"
#include "target/target.hpp"

namespace peo::target {

// How values are sent: binary, encoded here, costs the server about half as much, but not every value can be
// encoded with certainty. Text is read by the server's own input functions, which report what is wrong.
enum class Format { Binary, Text };

// Where the rows go: into a staging table (row number, operation and, as text, the unlogged columns precede
// the fields), or into the table itself (event_id and delivery_id follow them).
struct CopyPlace {
  bool direct = false;
  std::uint64_t event_base = 0;  // the event_id before the file's first row
  std::uint64_t delivery_id = 0;
  bool key_alone = false;         // the other fields become NULL
  std::uint64_t rows_before = 0;  // staging: row numbers follow this one
};

// Thrown by rows(): a value that can't be encoded with certainty. A COPY in text format accepts it, or
// reports what is wrong with it.
struct NotEncoded {
  std::uint64_t line = 0;
  std::string column;
};
FallBack fall_back(const NotEncoded& value);

class CopyFormat {
 public:
  CopyFormat() = default;
  CopyFormat(const CopyFormat&) = delete;
  CopyFormat& operator=(const CopyFormat&) = delete;
  virtual ~CopyFormat() = default;

  // The bytes of the batch's rows from `first` to before `last`; valid until the next call.
  virtual std::string_view rows(const decode::ChangeBatch& batch, std::size_t first, std::size_t last) = 0;
  // The bytes that end the COPY.
  virtual std::string_view end() = 0;
};

std::unique_ptr<CopyFormat> text_copy(const Table& table, CopyPlace place);
// Null: a column's type has no encoder.
std::unique_ptr<CopyFormat> binary_copy(const Table& table, CopyPlace place);

}  // namespace peo::target
