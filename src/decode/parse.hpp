// Step 4, parse: bytes → batches of changes, by RFC 4180 as AWS DMS writes it.
//
// A field is quoted only where it must be; inside quotes a quote is doubled and line breaks are data. Nothing
// is trimmed. The first row decides the shape (row_shape.hpp) and the row ending (LF or CRLF); every later
// row must have the same. A row without its final line break is accepted at the end, a quote that is never
// closed is not. An empty line is no row (DMS wrote some when tasks were started and stopped), unless rows
// have one field.
//
// Errors are BadDelivery with line and byte. Memory: one batch of about `batch_bytes`, which grows for a
// longer row, up to `max_row_bytes`. One thread at a time.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/byte_stream.hpp"
#include "base/delivery.hpp"
#include "decode/change.hpp"
#include "decode/row_shape.hpp"

namespace peo::decode {

struct ParseOptions {
  DeliveryKind kind = DeliveryKind::FullLoad;
  std::size_t columns = 0;  // of the table, without the loader's own
  std::size_t batch_bytes = std::size_t{256} * 1024;
  std::size_t max_row_bytes = std::size_t{64} * 1024 * 1024;
};

class ChangeParser {
 public:
  // `plain` must outlive this.
  ChangeParser(ByteStream& plain, ParseOptions options);

  // Fills the batch with the next rows, at least one; false when there are no more.
  bool next(ChangeBatch& batch);

  std::uint64_t rows() const { return next_row_ - 1; }
  std::uint64_t bytes_out() const { return file_offset_ + tail_.size(); }  // decompressed bytes taken so far
  double seconds_reading() const { return seconds_reading_; }              // waiting for `plain`

 private:
  // One row in the buffer: its fields, and how many bytes and line breaks it takes.
  struct Record {
    std::size_t length = 0;  // with its line ending
    std::uint64_t lines = 0;
    bool blank = false;
  };

  void fill(ChangeBatch& batch);
  bool scan(ChangeBatch& batch, std::size_t begin, Record& record);
  std::size_t quoted_end(const ChangeBatch& batch, std::size_t begin, std::size_t at, Record& record,
                         bool& doubled);
  void end_row(std::size_t at, bool with_return);
  void add(ChangeBatch& batch, std::size_t begin);
  [[noreturn]] void refuse(const char* what, std::size_t at, const char* hint) const;

  [[noreturn]] void refuse_long_row(std::size_t at) const;
  [[noreturn]] void refuse_wide_row(std::size_t at) const;

  struct Piece {  // a field as scanned, before quotes are undone
    std::uint32_t begin, length;
    bool quoted, doubled;
  };

  ByteStream& plain_;
  ParseOptions options_;
  std::optional<RowShape> shape_;
  std::optional<bool> crlf_;
  std::vector<Piece> pieces_;
  std::vector<char> tail_;         // the beginning of a row that the last batch could not hold whole
  std::uint64_t file_offset_ = 0;  // of the first byte not yet handed on
  std::uint64_t line_ = 1;
  std::uint64_t next_row_ = 1;
  std::uint64_t base_ = 0;  // file offset of the batch in work, for errors
  bool at_end_ = false;
  double seconds_reading_ = 0;
};

}  // namespace peo::decode
