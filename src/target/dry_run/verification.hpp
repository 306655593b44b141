// Computes what an entity must hold from its files, and compares that with its table.
//
// One REPEATABLE READ transaction that only reads the loader's tables and the entity's, so it may run
// concurrently with a loader: the ledger shows which files are loaded, and the table is read as of the same
// moment. The expected rows are built in a temporary table of the session; the server does the work, and this
// process holds no rows.
//
//   Verification verification(options, stop);
//   verification.begin("orders");
//   while (…; deliveries = verification.next(500)) … read each into verification.target() …
//   const auto difference = verification.compare(20);
//
// An Error of a delivery ends the transaction; begin() starts again. One thread.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "base/ledger.hpp"
#include "target/dry_run/dry_run_target.hpp"

namespace peo::target {

struct DifferentRow {
  std::string key;                   // as JSON
  std::vector<std::string> columns;  // that differ; empty for a missing or extra row
};

struct Difference {
  std::uint64_t expected_rows = 0, table_rows = 0;
  std::uint64_t missing = 0, extra = 0, different = 0;  // in the files only, in the table only, in both
  // Updates of rows that no file has brought. Where a row's key changes and no before-image has the old key,
  // the row also stays under its old key, both in the table and in the expected rows. Not a difference.
  std::uint64_t doubtful = 0;
  std::vector<DifferentRow> missing_rows, extra_rows, different_rows, doubtful_rows;  // the first of each
  bool any() const { return missing + extra + different != 0; }
};

class Verification {
 public:
  // `stop` must outlive this.
  Verification(TargetOptions options, const Cancellation& stop);

  // The entities that can be verified. Connects.
  TableNames tables();
  void begin(const std::string& entity);
  // The next of its loaded files, in the order of their changes; empty at the end.
  std::vector<Delivery> next(std::size_t limit);
  Target& target() { return target_; }
  // Of the entity passed to begin(): what the bucket has for it besides the loaded files.
  Quarantined quarantined();
  bool held();
  Difference compare(std::size_t limit);

 private:
  DryRunTarget target_;
  std::string entity_;
  std::shared_ptr<const std::vector<StreamTable>>
      carried_;  // entity_: the table to read from transaction files; others are ignored
};

}  // namespace peo::target
