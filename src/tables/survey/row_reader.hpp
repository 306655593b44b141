// Reads the rows of a file without a table: no header is skipped, and Op is an ordinary field.
//
// Fetch, decompress and parse are the loader's own, with its FORMAT. Every row must have as many fields as
// the first one; an error is BadDelivery with line and byte. Texts may contain any bytes, because they are
// not loaded. Memory: one batch. One thread.
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

// The settings with which files are read.
struct ReadSettings {
  FileFormat format{};
  ColumnLists columns{};
  std::size_t max_row_bytes = std::size_t{64} * 1024 * 1024;
  bool keep_bad_rows = false;  // collect rows that can't be parsed (bad_row()) instead of failing
  // Shared, because it has a child process. It reads one file at a time, as only one RowReader is in use.
  std::shared_ptr<parquet::ParquetReader> parquet;
};

// `null`: a null string of FORMAT; by default an unquoted field that is empty or exactly NULL.
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
  // The types of a Parquet file's columns, after next() has returned the row of their names
  // (DecodedStream::column_types).
  std::vector<std::string> column_types() const;
  // The first of the rows so far that couldn't be parsed; null: none.
  const decode::BadRow* bad_row() const;

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace peo::survey
