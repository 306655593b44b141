// The output of decode: a batch of changes of one table, as a flat structure without an object per row or
// field.
//
// The bytes of a batch are the file's, fields are slices of them (without quotes), and all rows have the same
// fields: those of the file that belong to a column of the table, in the file's order. A row whose key
// changes becomes two changes: a KeyUpdated with the old key only, then the Update. A batch is filled by one
// thread and then read by another; it is reused, so its memory is allocated once.
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
  KeyUpdated = 'M',  // the row is removed under this key; the next change writes it under its new key
};

// A slice of a batch's bytes. `null`: unquoted, and a null string (by default empty or NULL). An empty one is
// recognized by its length: an empty field of a NOT NULL text column is the empty string. `unlogged`: the
// file has no value for the column, which keeps its value (no_sup_value in FORMAT); such a field is also
// null, and never part of the key.
struct Field {
  std::uint32_t begin = 0;
  std::uint32_t length : 30 = 0;
  std::uint32_t null : 1 = 0;
  std::uint32_t unlogged : 1 = 0;
};
inline constexpr std::uint32_t most_field_bytes = (std::uint32_t{1} << 30U) - 1;

// Maps the fields of a row to columns. A file may have the columns in any order, and only some of them, but
// always the key.
struct ColumnMapping {
  // For each field: the position of its column in the table (0, 1, …), at the time when the file was read.
  std::vector<std::uint32_t> columns;
  // The number of columns of the table at that time. Positions from there on refer to `added`.
  std::uint32_t known = 0;
  // The names of new columns that are to be added to the table.
  std::vector<std::string> added{};
  // The type that the file specifies for each of these (DecodedStream::column_types). An empty type, or none
  // at all: the file doesn't specify it.
  std::vector<std::string> added_types{};
};

struct ChangeRow {
  std::uint64_t line = 0;    // of the row's first byte; the file's first line is 1
  std::uint64_t number = 0;  // the change's position in the delivery, across all tables: 1, 2, …
  std::uint32_t begin = 0;   // of the row, in the batch's bytes
  Operation operation = Operation::Insert;
};

// A rejected row, with the policy quarantine_row.
struct BadRow {
  std::uint64_t line = 0;
  std::uint64_t byte_offset = 0;  // of the row, in the decompressed file
  std::string column{};           // empty when unknown, like `value`
  std::string value{};            // of the column, shortened
  std::string reason{};
  std::string advice{};     // a sentence: how to make such a row loadable
  std::string sqlstate{};   // PostgreSQL's error code for it
  std::string raw{};        // the row as in the file, its first 64 KiB
  std::uint32_t begin = 0;  // in the batch's bytes
};
inline constexpr std::size_t most_raw_bytes = std::size_t{64} * 1024;

struct ChangeBatch {
  std::string entity;                            // the table of all rows
  std::shared_ptr<const ColumnMapping> mapping;  // the same object for all batches of one shape; never null
  std::vector<char> bytes;
  std::size_t used = 0;       // bytes with data
  std::vector<Field> fields;  // rows.size() * width
  std::vector<ChangeRow> rows;
  std::size_t width = 0;    // fields per row: mapping->columns.size()
  bool unlogged = false;    // an insert or update has an unlogged field
  std::vector<BadRow> bad;  // not in `rows`; only if bad rows are kept
  // Only if bad rows are kept: the original bytes of rows that unquoting has changed, by `begin`.
  std::map<std::uint32_t, std::string> raw_rows;
  std::uint64_t rows_read = 0;    // of the file, up to the batch's end
  std::uint64_t file_offset = 0;  // of bytes[0] in the decompressed file
  // If rows of other tables are interspersed (transaction files): the offset of each row in the decompressed
  // file. Otherwise empty: the bytes are contiguous in the file.
  std::vector<std::uint64_t> offsets;
  std::uint64_t fetched = 0;  // bytes of the object read so far, for progress

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
  // The memory of the batch, for the read-ahead limit.
  std::size_t memory() const {
    return bytes.capacity() + fields.capacity() * sizeof(Field) + rows.capacity() * sizeof(ChangeRow) +
           offsets.capacity() * sizeof(std::uint64_t);
  }
};

}  // namespace peo::decode
