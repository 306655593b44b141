// Rows of a file as they stand there, without a table to read them for: no header is skipped, Op is a field
// like any.
//
// Fetch, decompress and parse are the loader's own, with its FORMAT. Every row must be as wide as the file's
// first one; an error is BadDelivery with line and byte. Texts may hold anything: they are looked at, not
// loaded. Memory: one batch. One thread.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancellation.hpp"
#include "base/file_format.hpp"
#include "base/object.hpp"
#include "decode/change.hpp"
#include "decode/parquet/reader.hpp"
#include "source/source.hpp"

namespace peo::survey {

// How files are to be read: the settings of those names.
struct ReadSettings {
  FileFormat format{};
  ColumnLists columns{};
  std::size_t max_row_bytes = std::size_t{64} * 1024 * 1024;
  bool keep_bad_rows = false;  // leave out rows that can't be parsed (bad_row()), instead of failing
  // Shared, because it keeps a process: one file after the other, as one RowReader is read at a time.
  std::shared_ptr<parquet::ParquetReader> parquet;
};

// `null`: one of FORMAT's tokens of NULL; by default not quoted, and empty or exactly NULL.
struct Value {
  std::string_view text;
  bool null = false;
};
using Values = std::vector<Value>;

class RowReader {
 public:
  // All must outlive this.
  RowReader(source::Source& source, const ObjectInfo& object, const Cancellation& stop,
            const ReadSettings& settings);
  ~RowReader();
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;

  // The next row; nothing at the end. Valid until the next call.
  const Values* next();
  // Of a Parquet file's columns, once next() has given the row of their names (DecodedStream::column_types).
  std::vector<std::string> column_types() const;
  // The first row so far that was left out; null: none was.
  const decode::BadRow* bad_row() const;

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace peo::survey
