// What decode hands on: a batch of changes, as a flat structure. No object per row or field.
//
// The bytes of a batch are the file's own, fields are slices of them (quotes already taken off), and every
// row has the same number of fields: the table's columns, in the file's order, without Op. A batch is filled
// by one thread and then read by another; it is reused, so its memory is allocated once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace peo::decode {

enum class Operation : char { Insert = 'I', Update = 'U', Delete = 'D' };

// A slice of a batch's bytes. `null`: not quoted, and empty or exactly NULL. An empty NULL still differs from
// the word NULL by its length: an empty field of a NOT NULL text column is the empty text.
struct Field {
  std::uint32_t begin = 0;
  std::uint32_t length : 31 = 0;
  std::uint32_t null : 1 = 0;
};

struct ChangeRow {
  std::uint64_t line = 0;   // of the row's first byte; the file's first line is 1
  std::uint32_t begin = 0;  // of the row, in the batch's bytes
  Operation operation = Operation::Insert;
};

struct ChangeBatch {
  std::vector<char> bytes;
  std::size_t used = 0;       // bytes that hold data
  std::vector<Field> fields;  // rows.size() * width
  std::vector<ChangeRow> rows;
  std::size_t width = 0;          // fields in a row, without Op
  std::uint64_t first_row = 1;    // the number of rows[0] in the file; the first row is 1
  std::uint64_t file_offset = 0;  // of bytes[0] in the decompressed file
  std::uint64_t fetched = 0;  // bytes of the object that were read to get here: what progress is measured by

  void clear() {
    used = 0;
    fields.clear();
    rows.clear();
  }
  std::string_view text(const Field& field) const { return {bytes.data() + field.begin, field.length}; }
  const Field* row_fields(std::size_t row) const { return fields.data() + row * width; }
  // What the batch occupies: the unit of the read-ahead limit.
  std::size_t memory() const {
    return bytes.capacity() + fields.capacity() * sizeof(Field) + rows.capacity() * sizeof(ChangeRow);
  }
};

}  // namespace peo::decode
