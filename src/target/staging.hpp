// Step 5, apply, its first half: a batch's rows → PostgreSQL, by COPY, with a row's place in the file kept
// for errors.
//
// Into the table itself (direct), or into a temporary table of the session (incoming), from which a set-based
// statement applies them. One COPY at a time on the connection it is given.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "decode/change.hpp"
#include "target/copy_format.hpp"
#include "target/postgres/connection.hpp"
#include "target/table.hpp"
#include "target/target.hpp"

namespace peo::target {

// The temporary tables of a session that take a delivery's rows; made when first asked for.
class IncomingTables {
 public:
  explicit IncomingTables(Connection& connection) : connection_(connection) {}
  // Quoted name of the table for rows of `table`.
  const std::string& of(const Table& table);
  void forget() { names_.clear(); }  // the session is gone, and they with it

 private:
  Connection& connection_;
  std::map<std::string, std::string> names_;
};

// Names of the incoming tables' own two columns: no column of a file is called so.
std::string row_column();
std::string operation_column();

// Rows on their way into PostgreSQL.
class RowCopy {
 public:
  // Into `into`, an incoming table; or into the table itself. `table` is as the file shows it
  // (Table::as_carried).
  RowCopy(Connection& connection, const Table& table, Format format, const std::string& into);
  RowCopy(Connection& connection, const Table& table, Format format, std::uint64_t event_base,
          std::uint64_t delivery_id);

  // Throws NotEncoded (copy_format.hpp) for a value that only the server can judge.
  void add(const decode::ChangeBatch& batch);
  std::uint64_t end();  // rows copied

 private:
  struct Lines {
    std::uint64_t first_row = 0;  // of the COPY
    std::vector<std::uint64_t> lines;
  };
  void remember_lines(const decode::ChangeBatch& batch);
  [[noreturn]] void refused(const CopyRefused& error) const;

  RowCopy(Connection& connection, const Table& table, Format format, CopyPlace place,
          const std::string& into);
  void send(std::string_view bytes);

  Connection& connection_;
  std::unique_ptr<CopyFormat> format_;
  std::uint64_t added_ = 0;   // rows
  std::deque<Lines> recent_;  // the lines of the rows that may still be under way to the server
};

}  // namespace peo::target
