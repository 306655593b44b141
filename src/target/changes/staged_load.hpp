// Step 5, apply, for everything but a first full load: a delivery's rows go to a staging table by COPY, and
// set-based statements apply the last row for each key (apply.sql), in one transaction with the record. It
// also loads a reload, whose files are a group, and transaction files, where each table has its own staging
// table. The files of a reload are applied one by one, unless a unique value changes hands between them.
//
// Throws FallBack for what the method can't load (target/target.hpp). A dry run loads by this, too. One
// thread.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "target/changes/rejected_rows.hpp"
#include "target/changes/reload_keys.hpp"
#include "target/changes/row_isolation.hpp"
#include "target/changes/table_load.hpp"
#include "target/copy/row_copy.hpp"
#include "target/ledger/delivery_records.hpp"
#include "target/schema/new_column_types.hpp"
#include "target/session.hpp"
#include "target/target.hpp"

namespace peo::target {

// What the staged loads of a connection share; one load at a time uses it.
struct Staging {
  Staging(Connection& connection, std::size_t compaction_memory)
      : tables(connection), compaction(compaction_memory) {}
  StagingTables tables;
  compaction::Compaction compaction;
};

class StagedLoad final : public DeliveryLoad {
 public:
  // Both must outlive this. `method`: Compacted or one that is staged.
  StagedLoad(Session& session, Staging& staging, std::span<const Delivery> group, LoadMethod method);
  ~StagedLoad() override;

  void add(const decode::ChangeBatch& batch) override;
  bool begin_newer() override;
  void add_newer(const decode::ChangeBatch& batch) override;
  bool end_newer() override;
  void end_file(const FileStats& facts) override;
  std::vector<Outcome> commit() override;

 private:
  void begin_file();
  void check_keys(TableLoad& part, const decode::ChangeBatch& batch) const;
  void check_same_columns(const TableLoad& part, const Table& before) const;
  void begin_copy(TableLoad& part, const decode::ChangeBatch& batch);
  void grow(TableLoad& part, const std::vector<std::string>& names);
  void add_columns(TableLoad& part);
  void apply_tables(const FileStats& facts);
  RowCounts apply_table(TableLoad& part, const FileStats& facts);
  Applied apply(const TableLoad& part, const std::string& rows);
  Applied replace(const TableLoad& part, const std::string& rows);
  Applied update(const TableLoad& part, const std::string& rows);
  static std::string last_of(const TableLoad& part, const std::string& rows);
  Applied run(const std::string& statement, const Table& table);
  void remove_missing(const TableLoad& part, RowCounts& counts);
  template <class Work>
  auto timed(const Work& work);
  [[noreturn]] void refused(Error error) const;

  Session& session_;
  Staging& staging_;
  LoadMethod method_;
  DeliveryRecords records_;
  TableLoads parts_;
  std::optional<Table> altered_;           // the table with the columns that the file adds
  std::optional<NewColumnTypes> to_add_;   // columns that altered_ has and the table doesn't have yet
  std::optional<ReloadKeys> reload_keys_;  // of a reload
  RejectedRows rejected_;
  // Several files of a reload are applied at once, after the last one. The effects count for that one.
  bool together_;
  bool isolating_;  // bad rows are found one by one (row_isolation.hpp)
  bool committed_ = false;
};

}  // namespace peo::target
