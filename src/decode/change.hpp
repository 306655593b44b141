// What decode hands on: a batch of changes of one table, as a flat structure. No object per row or field.
//
// The bytes of a batch are the file's own, fields are slices of them (quotes already taken off), and every
// row has the same fields: those of the file that fill a column of the table, in the file's order. A row of
// the file whose key changes is two changes: a KeyUpdated that carries the old key and nothing else, then the
// Update. A batch is filled by one thread and then read by another; it is reused, so its memory is allocated
// once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace peo::decode {

enum class Operation : char {
  Insert = 'I',
  Update = 'U',
  Delete = 'D',
  KeyUpdated = 'M',  // the row goes away under this key: the next change writes it under another one
};

// A slice of a batch's bytes. `null`: not quoted, and empty or exactly NULL. An empty NULL still differs from
// the word NULL by its length: an empty field of a NOT NULL text column is the empty text. `unlogged`: the
// file has no value for the column, which keeps the one it has (FORMAT's no_sup_value); such a field is also
// null, and never part of the key.
struct Field {
  std::uint32_t begin = 0;
  std::uint32_t length : 30 = 0;
  std::uint32_t null : 1 = 0;
  std::uint32_t unlogged : 1 = 0;
};
inline constexpr std::uint32_t most_field_bytes = (std::uint32_t{1} << 30U) - 1;

// What columns a row's fields fill. A file may carry the columns in any order, and only some of them, but
// always the key.
struct ColumnMapping {
  // For each field: the place of its column in the table (0, 1, …), as the table was when the file was read.
  std::vector<std::uint32_t> columns;
  // Columns that the table had then. Places from there on are those of `added`.
  std::uint32_t known = 0;
  // Columns that the table didn't have and is to get, by the names that they get.
  std::vector<std::string> added{};
  // Of each of these, the type that the file gives it (DecodedStream::column_types); empty, or none at all:
  // the file doesn't say.
  std::vector<std::string> added_types{};
};

struct ChangeRow {
  std::uint64_t line = 0;    // of the row's first byte; the file's first line is 1
  std::uint64_t number = 0;  // the change's place in the delivery, over all its tables: 1, 2, …
  std::uint32_t begin = 0;   // of the row, in the batch's bytes
  Operation operation = Operation::Insert;
};

// A row that can't be loaded and was set aside, where the policy is to do so.
struct BadRow {
  std::uint64_t line = 0;
  std::uint64_t byte_offset = 0;  // of the row, in the decompressed file
  std::string column{};           // empty where none can be named, and so the next
  std::string value{};            // what stands in it, shortened
  std::string reason{};
  std::string advice{};     // a sentence: what would let such a row be loaded
  std::string sqlstate{};   // where PostgreSQL refused, or would have
  std::string raw{};        // as it stands in the file, its first 64 KiB
  std::uint32_t begin = 0;  // in the batch's bytes
};
inline constexpr std::size_t most_raw_bytes = std::size_t{64} * 1024;

struct ChangeBatch {
  std::string entity;                            // the table that all rows are of
  std::shared_ptr<const ColumnMapping> mapping;  // the same object for all batches of one shape; never null
  std::vector<char> bytes;
  std::size_t used = 0;       // bytes that hold data
  std::vector<Field> fields;  // rows.size() * width
  std::vector<ChangeRow> rows;
  std::size_t width = 0;    // fields in a row: carried->columns.size()
  bool unlogged = false;    // an insert or update has a field that is unlogged
  std::vector<BadRow> bad;  // not among the rows; only where they are to be kept
  // Where bad rows are kept: rows whose bytes the undoing of quotes has changed, as they were, by `begin`.
  std::map<std::uint32_t, std::string> raw_rows;
  std::uint64_t rows_read = 0;    // of the file, up to the batch's end
  std::uint64_t file_offset = 0;  // of bytes[0] in the decompressed file
  // Where other tables' rows stand between its own (transaction files): where each row begins in the
  // decompressed file. Else empty: the bytes are as in the file.
  std::vector<std::uint64_t> offsets;
  std::uint64_t fetched = 0;  // bytes of the object that were read to get here: what progress is measured by

  void clear() {
    used = 0;
    fields.clear();
    rows.clear();
    unlogged = false;
    bad.clear();
    raw_rows.clear();
    offsets.clear();
  }
  std::string_view text(const Field& field) const { return {bytes.data() + field.begin, field.length}; }
  std::uint64_t offset_of(std::size_t row) const {
    return offsets.empty() ? file_offset + rows[row].begin : offsets[row];
  }
  const Field* row_fields(std::size_t row) const { return fields.data() + row * width; }
  // What the batch occupies: the unit of the read-ahead limit.
  std::size_t memory() const {
    return bytes.capacity() + fields.capacity() * sizeof(Field) + rows.capacity() * sizeof(ChangeRow) +
           offsets.capacity() * sizeof(std::uint64_t);
  }
};

}  // namespace peo::decode
