// Step 4, parse: bytes → batches of changes, from CSV by RFC 4180 as AWS DMS writes it.
//
// Fields are quoted only where necessary; inside quotes, quotes are doubled and line breaks are data. Nothing
// is trimmed. The first row determines the fields (row_layout.hpp) and the line ending (LF or CR LF); all
// later rows must match. The last row may lack its line break, but an unclosed quote is an error. Empty lines
// are skipped: DMS wrote some when tasks were started and stopped. FORMAT may set other delimiters, quotes
// and null strings (base/file_format.hpp), and the text that DMS writes for a column that the source's log
// lacks (Field::unlogged).
//
// A transaction file contains rows of several tables: Op, table, schema, and then as in a change file. There
// the first row of each table determines that table's fields. Rows of other than the requested tables are
// ignored and counted. A batch contains rows of one table, so interspersed rows of others are in other
// batches; the numbers of the changes give the overall order.
//
// An update whose key changes, according to its before-image, becomes two changes: a KeyUpdated of the old
// key, then the Update. NUL bytes and invalid UTF-8 in a text are refused here, where row, column and byte
// are known.
//
// Errors are BadDelivery with line and byte. With `keep_bad_rows`, a row that is invalid by itself (its
// number of fields, its Op, its bytes) is not an error but a BadRow in the batch. Memory: one batch of about
// `batch_bytes`, which grows for a longer row, up to `max_row_bytes`. One thread at a time.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_stream.hpp"
#include "base/delivery.hpp"
#include "base/error.hpp"
#include "base/file_format.hpp"
#include "base/policies.hpp"
#include "base/table_columns.hpp"
#include "decode/byte_scan.hpp"
#include "decode/change.hpp"
#include "decode/row_layout.hpp"

namespace peo::decode {

// A table of a transaction file.
struct ParseTable {
  std::string entity;
  std::string schema{};                 // ignoring case; empty: the first row with this table decides
  std::optional<SourceTable> source{};  // as in StreamTable
  TableColumns columns{};
  ColumnEntries entries{};
  bool superseded = false;         // a reload already includes its rows, which are ignored
  std::optional<Error> refused{};  // why the table can't be loaded; thrown at its first row
};

struct ParseOptions {
  DeliveryKind kind = DeliveryKind::FullLoad;
  std::string entity{};    // the table
  TableColumns columns{};  // its columns, except those of the loader
  FileFormat format{};
  ColumnEntries entries{};  // COLUMNS of this table; empty: not set
  // For a transaction file, instead of entity, columns and entries; null: a file of one table.
  std::shared_ptr<const std::vector<ParseTable>> tables{};
  SchemaDrift drift = SchemaDrift::Stop;
  std::uint64_t loaded_as = 0;  // the delivery that loaded the same bytes before; 0: none
  // Without a table: returns all fields of all rows unchanged, including the first row, which sets their
  // number; texts are not checked. All rows are inserts.
  bool as_it_stands = false;
  bool parquet = false;  // the text of a Parquet file: counts rows instead of lines
  // DecodedStream::column_types of the file, called with its first row; null: it has none.
  std::function<std::vector<std::string>()> column_types{};
  bool keep_bad_rows = false;  // return them in the batch instead of refusing the file
  std::size_t batch_bytes = std::size_t{256} * 1024;
  std::size_t max_row_bytes = std::size_t{64} * 1024 * 1024;
};

class ChangeParser {
 public:
  // `plain` must outlive this.
  ChangeParser(ByteStream& plain, ParseOptions options);
  ChangeParser(const ChangeParser&) = delete;
  ChangeParser& operator=(const ChangeParser&) = delete;
  ~ChangeParser() = default;

  // Fills the batch with the next rows, at least one; false when there are no more.
  bool next(ChangeBatch& batch);

  std::uint64_t rows() const { return rows_; }                // of the file so far, without a header
  std::uint64_t changes() const { return changes_; }          // more than rows if keys change
  std::uint64_t key_updates() const { return key_updates_; }  // rows whose key changes
  // For a transaction file: rows by table; ignored ones by their name in the file, and after many names under
  // "…".
  std::map<std::string, std::uint64_t> rows_of() const;
  const std::map<std::string, std::uint64_t>& ignored_rows() const { return ignored_rows_; }
  std::uint64_t bytes_out() const { return file_offset_ + tail_.size(); }  // decompressed bytes read so far
  // Columns that the table lacks and that are ignored; known after the first row.
  std::vector<std::string> ignored_columns() const;
  // Nothing if the file has no header.
  std::optional<std::vector<std::string>> absent_columns() const;
  double seconds_reading() const { return seconds_reading_; }  // waiting for `plain`

 private:
  // One row in the buffer: its number of bytes, line breaks and fields.
  struct Record {
    std::size_t length = 0;  // with its line ending
    std::uint64_t lines = 0;
    std::size_t fields = 0;
    bool blank = false;
  };
  struct Piece {  // a field as scanned, before unquoting
    std::uint32_t begin = 0, length = 0;
    bool quoted = false, doubled = false;
  };
  enum class Mark { Field, Row, RowWithReturn, Data, Wrong, Unsure };
  struct TableRows {  // the rows of one table
    ParseTable table;
    std::optional<RowLayout> shape{};
    ChangeBatch batch{};  // transaction files: those in the current bytes
    std::uint64_t rows = 0;
  };

  bool next_bytes(ChangeBatch& batch);
  bool took_rows(const ChangeBatch& batch) const;
  bool hand_on(ChangeBatch& batch);
  void finish(ChangeBatch& batch, const TableRows& rows) const;
  void fill(ChangeBatch& batch);
  bool scan(const ChangeBatch& batch, std::size_t begin, Record& record);
  std::size_t quoted_end(const ChangeBatch& batch, std::size_t begin, std::size_t at, Record& record,
                         bool& doubled);
  Mark mark_at(const char* data, std::size_t at, std::size_t used) const;
  Mark odd_mark_at(const char* data, std::size_t at, std::size_t used) const;
  void keep(const Piece& piece, Record& record);
  void end_row(std::size_t at, bool with_return);
  void take_row(ChangeBatch& batch, std::size_t begin, const Record& record);
  void take_first(const ChangeBatch& batch, const Record& record);
  void take_known(ChangeBatch& batch, std::size_t begin, const Record& record);
  TableRows* table_of(const ChangeBatch& batch, const Record& record);
  TableRows* find_table(const std::string& table, const std::string& schema);
  std::size_t copy_row(const ChangeBatch& from, std::size_t begin, const Record& record, ChangeBatch& into);
  std::string text_of(const ChangeBatch& batch, std::size_t field) const;
  void add(ChangeBatch& batch, std::size_t begin, const Record& record);
  Operation operation_in(const ChangeBatch& batch) const;
  void mark_unlogged(ChangeBatch& batch, std::size_t first, Operation operation) const;
  bool is_unlogged(const ChangeBatch& batch, const Field& field) const;
  void add_removal_of_old_key(ChangeBatch& batch, std::size_t begin, std::size_t first);
  Field field_of(char* data, Piece& piece) const;
  bool is_null(const char* data, const Piece& piece) const;
  void check_texts(const ChangeBatch& batch, bool key_alone) const;
  void keep_original(ChangeBatch& batch, std::size_t begin, const Record& record) const;
  void reject_row(ChangeBatch& batch, std::size_t begin, const Record& record, const Error& error) const;
  [[noreturn]] void refuse(const std::string& what, std::size_t at, const char* hint) const;
  [[noreturn]] void refuse_long_row(std::size_t at) const;

  ByteStream& plain_;
  ParseOptions options_;
  ByteScan scan_;
  bool simple_;                    // common delimiter and line ending: one byte, LF or CR LF
  std::uint64_t null_sizes_;       // bit n: some null string has n bytes
  std::vector<TableRows> tables_;  // one, or those of a transaction file
  TableRows* current_;             // the table of the current row
  TableNames names_;               // of a transaction file
  std::map<std::string, TableRows*> by_entity_;
  std::string last_names_;           // "table", delimiter, "schema" as in the previous row, …
  TableRows* last_table_ = nullptr;  // … and their table; null: ignored, counted in …
  std::uint64_t* last_alone_ = nullptr;
  std::map<std::string, std::uint64_t> ignored_rows_;
  ChangeBatch bytes_;  // transaction files: the current bytes
  std::optional<bool> crlf_;
  std::string header_;             // as in the file, without its line ending; empty: there is none
  std::vector<Piece> pieces_;      // of the current row; only the first `record.fields` count
  std::vector<char> tail_;         // the beginning of a row that didn't fit into the last batch
  std::uint64_t file_offset_ = 0;  // of the first byte that wasn't returned yet
  std::uint64_t line_ = 1;
  std::uint64_t rows_ = 0, changes_ = 0, key_updates_ = 0;
  std::uint64_t base_ = 0;  // file offset of the current bytes, for errors
  std::uint64_t row_base_ =
      0;  // file offset of the bytes that contain the current row, as if they were contiguous
  bool at_end_ = false;
  double seconds_reading_ = 0;
};

}  // namespace peo::decode
