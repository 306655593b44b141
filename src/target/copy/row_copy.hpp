// Step 5, apply, first half: a batch's rows → PostgreSQL, by COPY. Keeps the rows' lines in the file for
// errors.
//
// Rows go into the table itself (direct), or into a temporary table of the session (staging), from which a
// set-based statement applies them: either all rows, or only the last one for each key, in the order of the
// keys (compacted). One COPY at a time on the connection. One thread. Errors: CopyRefused with the line,
// NotEncoded, NotCompacted, and the connection's.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "decode/change.hpp"
#include "target/copy/compaction/compaction.hpp"
#include "target/copy/copy_format.hpp"
#include "target/copy/row_encoder.hpp"
#include "target/copy/sort_key.hpp"
#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

// The temporary tables of a session that hold a delivery's rows; created when first used.
class StagingTables {
 public:
  explicit StagingTables(Connection& connection) : connection_(connection) {}
  // The quoted name of the staging table for rows of `table`.
  const std::string& of(const Table& table);
  void forget() { names_.clear(); }  // they were the old session's
  void drop();                       // a table has other columns now

 private:
  Connection& connection_;
  std::map<std::string, std::string> names_;
};

// The columns that only staging tables have: the row's number in the delivery, its operation, and the names
// of the columns that it leaves as they are. No column of a table has such a name (own_column).
std::string row_column();
std::string operation_column();
std::string unlogged_column();
// A staging table and the columns that a COPY of this format fills. Only text has the unlogged columns.
std::string into_staging(const Table& table, const std::string& staging, Format format);

// The lines of the rows last sent: the server numbers the rows of a COPY, and errors need the lines of the
// file. It may refuse a row long after that row was sent.
class SentLines {
 public:
  SentLines();
  void sent(std::uint64_t line) { lines_[rows_++ % lines_.size()] = line; }
  // Throws the error, with its line if the row is still known, and what would let the column of `table` take
  // such values.
  [[noreturn]] void refused(const CopyRefused& error, const Table& table) const;

 private:
  std::uint64_t rows_ = 0;
  std::vector<std::uint64_t> lines_;  // a ring buffer
};

// Sends rows to PostgreSQL.
class Copy {
 public:
  Copy() = default;
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  virtual ~Copy() = default;

  // Throws NotEncoded (copy_format.hpp) for a value that only the server can judge.
  virtual void add(const decode::ChangeBatch& batch) = 0;
  virtual std::uint64_t end() = 0;  // returns the number of rows added
};

// Sends each row at once.
class RowCopy final : public Copy {
 public:
  // Into `into`, a staging table; or into the table itself. `table` has the file's columns
  // (Table::projected).
  RowCopy(Connection& connection, const Table& table, Format format, const std::string& into);
  // The same as text, after the rows of other files: row numbers follow `rows_before`.
  static std::unique_ptr<RowCopy> behind(Connection& connection, const Table& table, const std::string& into,
                                         std::uint64_t rows_before);
  // Only the key's columns, and which columns are unlogged, into a table like a staging table.
  static std::unique_ptr<RowCopy> of_keys(Connection& connection, const Table& table,
                                          const std::string& into);
  RowCopy(Connection& connection, const Table& table, Format format, std::uint64_t event_base,
          std::uint64_t delivery_id);

  void add(const decode::ChangeBatch& batch) override;
  std::uint64_t end() override;

  // The batch's rows from `first` to before `last`, without waiting; the next ones may be put when takes() is
  // true.
  void put(const decode::ChangeBatch& batch, std::size_t first, std::size_t last);
  bool takes();

 private:
  RowCopy(Connection& connection, const Table& table, Format format, CopyPlace place,
          const std::string& into);
  static Format format_for(const Table& table, Format format);
  void send(std::string_view bytes);

  Connection& connection_;
  Table table_;
  std::unique_ptr<CopyFormat> format_;
  SentLines lines_;
};

// Thrown by CompactedCopy: rows that can't be compacted here and must be loaded uncompacted. Nothing has been
// sent.
struct NotCompacted {
  std::string why;
};

// Into a staging table, the last row for each key, in the order of the keys: the server need not sort them.
// Nothing is sent before end(). Throws NotCompacted.
class CompactedCopy final : public Copy {
 public:
  // Null: the table's key has no sort key, or a column no encoder. `compaction` is cleared; it must outlive
  // this.
  static std::unique_ptr<CompactedCopy> of(Connection& connection, const Table& table,
                                           const std::string& into, compaction::Compaction& compaction);

  void add(const decode::ChangeBatch& batch) override;
  std::uint64_t end() override;

 private:
  CompactedCopy(Connection& connection, const Table& table, const std::string& into,
                compaction::Compaction& compaction, RowEncoder encoder, SortKey sort_key);
  void send();

  Connection& connection_;
  Table table_;
  std::string copy_;  // the statement
  compaction::Compaction& compaction_;
  RowEncoder encoder_;
  SortKey sort_key_;
  encode::CopyBuffer out_;
  std::string key_;
};

}  // namespace peo::target
