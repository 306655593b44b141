// Finds the rows of a delivery that can't be loaded, inside its transaction. BAD_ROWS=quarantine_row rejects
// them and loads the others as if the bad rows weren't in the file; otherwise the first one is an error that
// has its line and column (rejected_rows.hpp).
//
// A row can be refused in two places. When its values are read: each batch is a separate COPY under a
// savepoint, and the server names the row, or halves are tried. When it is applied (NOT NULL, CHECK, a
// trigger): the server doesn't report which row it was, so halves are tried under savepoints until the rows
// are found, about 2 log2 n statements for each. Bisection can't find unique violations, because values may
// move between the halves: conflicting rows are found by a query. The file is read once. One thread.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "target/changes/rejected_rows.hpp"
#include "target/copy/partial_key.hpp"
#include "target/copy/row_copy.hpp"
#include "target/schema/table.hpp"

namespace peo::target {

// A COPY into a staging table, as text, that also stores the positions of its rows in the file.
class IsolatingCopy final : public Copy {
 public:
  // `table`: with the file's columns (Table::projected). All must outlive this.
  IsolatingCopy(Connection& connection, const Table& table, const std::string& into, RejectedRows& rejected);

  void add(const decode::ChangeBatch& batch) override;
  std::uint64_t end() override { return rows_; }  // including rejected ones

 private:
  // All rows from first to last, but for those that are rejected.
  void copy(const decode::ChangeBatch& batch, std::size_t first, std::size_t last);
  void send(const decode::ChangeBatch& batch, std::size_t first, std::size_t last);
  void send_positions(const decode::ChangeBatch& batch);
  void reject(const decode::ChangeBatch& batch, std::size_t row, const Error& error);
  std::string column_not_in_encoding(const decode::ChangeBatch& batch, std::size_t row);

  Connection& connection_;
  const Table& table_;
  std::string into_;
  RejectedRows& rejected_;
  KeyCheck keys_;
  std::unique_ptr<CopyFormat> format_;
  std::uint64_t rows_ = 0;
};

struct Applied {
  RowCounts effects;
  std::optional<std::uint64_t> max_event_id;
};

// A staging row that can't be applied.
struct RefusedChange {
  std::int64_t row = 0;
  Error error;
};

class IsolatingApply {
 public:
  struct Work {
    // Before each try: what needs all staging rows together. Returns rows that can't be applied.
    std::function<std::vector<RefusedChange>()> prepare;
    // Applies the staging rows that the SQL expression yields.
    std::function<Applied(const std::string& staging)> apply;
  };

  // For the rows of `staging`, which an IsolatingCopy has written. `connection`, `table` and `rejected` must
  // outlive this.
  IsolatingApply(Connection& connection, const Table& table, std::string staging, RejectedRows& rejected,
                 Work work)
      : connection_(connection),
        table_(table),
        staging_(std::move(staging)),
        rejected_(rejected),
        work_(std::move(work)) {}

  Applied run();

 private:
  bool try_all(Applied& applied);
  void find_conflicts(const Error& error);
  void find_bad(std::int64_t first, std::int64_t last, Applied& applied);
  bool reject(const RefusedChange& bad);

  Connection& connection_;
  const Table& table_;
  std::string staging_;
  RejectedRows& rejected_;
  Work work_;
  std::vector<RefusedChange> bad_;
  std::vector<RefusedChange> conflicting_;  // by themselves; perhaps not together with others of the file
};

// Before the first row of a delivery.
void begin_row_positions(Connection& connection);

}  // namespace peo::target
