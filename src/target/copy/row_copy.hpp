// Step 5, apply, its first half: a batch's rows → PostgreSQL, by COPY, with a row's place in the file kept
// for errors.
//
// Into the table itself (direct), or into a temporary table of the session (staging), from which a set-based
// statement applies them: as they come, or compacted first to the last row for each key, in the order of the
// keys. One COPY at a time on the connection it is given.
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

// The temporary tables of a session that take a delivery's rows; made when first asked for.
class StagingTables {
 public:
  explicit StagingTables(Connection& connection) : connection_(connection) {}
  // Quoted name of the table for rows of `table`.
  const std::string& of(const Table& table);
  void forget() { names_.clear(); }  // the session is gone, and they with it

 private:
  Connection& connection_;
  std::map<std::string, std::string> names_;
};

// Names of the staging tables' own two columns: no column of a file is called so.
std::string row_column();
std::string operation_column();
// What a COPY names: an staging table and the columns that the file carries.
std::string into_staging(const Table& table, const std::string& staging);

// The lines of the rows that may still be under way to the server, which counts a COPY's rows where people
// count the file's lines.
class SentLines {
 public:
  SentLines();
  void sent(std::uint64_t line) { lines_[rows_++ % lines_.size()] = line; }
  // Names the line, where the row is still known.
  [[noreturn]] void refused(const CopyRefused& error) const;

 private:
  std::uint64_t rows_ = 0;
  std::vector<std::uint64_t> lines_;  // of the last rows, round and round
};

// Rows on their way into PostgreSQL.
class Copy {
 public:
  Copy() = default;
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  virtual ~Copy() = default;

  // Throws NotEncoded (copy_format.hpp) for a value that only the server can judge.
  virtual void add(const decode::ChangeBatch& batch) = 0;
  virtual std::uint64_t end() = 0;  // the rows that were added
};

// Each row as it comes.
class RowCopy final : public Copy {
 public:
  // Into `into`, an staging table; or into the table itself. `table` is as the file shows it
  // (Table::projected).
  RowCopy(Connection& connection, const Table& table, Format format, const std::string& into);
  // The key alone, into a table like an staging one.
  static std::unique_ptr<RowCopy> of_keys(Connection& connection, const Table& table,
                                          const std::string& into);
  RowCopy(Connection& connection, const Table& table, Format format, std::uint64_t event_base,
          std::uint64_t delivery_id);

  void add(const decode::ChangeBatch& batch) override;
  std::uint64_t end() override;

  // The batch's rows from `first` to before `last`, without waiting; takes() says when the next may come.
  void put(const decode::ChangeBatch& batch, std::size_t first, std::size_t last);
  bool takes();

 private:
  RowCopy(Connection& connection, const Table& table, Format format, CopyPlace place,
          const std::string& into);
  void send(std::string_view bytes);

  Connection& connection_;
  std::unique_ptr<CopyFormat> format_;
  SentLines lines_;
};

// Thrown by CompactedCopy: rows that can't be compacted here. Nothing was sent; they are to be sent as they
// come.
struct NotCompacted {
  std::string why;
};

// Into an staging table, the last row for each key, in the order of the keys: the server need not sort them.
// Nothing is sent before end(). Throws NotCompacted.
class CompactedCopy final : public Copy {
 public:
  // Null: the table's key has no form here, or a column no encoder. `fold` is cleared; it must outlive this.
  static std::unique_ptr<CompactedCopy> of(Connection& connection, const Table& table,
                                           const std::string& into, compaction::Compaction& compaction);

  void add(const decode::ChangeBatch& batch) override;
  std::uint64_t end() override;

 private:
  CompactedCopy(Connection& connection, const Table& table, const std::string& into,
                compaction::Compaction& compaction, RowEncoder encoder, SortKey sort_key);
  void send();

  Connection& connection_;
  std::string copy_;  // the statement
  compaction::Compaction& compaction_;
  RowEncoder encoder_;
  SortKey sort_key_;
  encode::CopyBuffer out_;
  std::string key_;
};

}  // namespace peo::target
