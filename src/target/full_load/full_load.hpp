// Step 5, apply, for a first full load: all of an entity's full-load files that are due, straight into its
// table by COPY, in one transaction with their record. Keys and indexes that can be created again are dropped
// before the rows and rebuilt after them (index_rebuild.hpp).
//
// A big load uses several connections where the settings allow it (parallel_copy.hpp). It is then more than
// one transaction, and unfinished_loads.hpp repairs the table after a load that was interrupted. Throws
// FallBack for what this method can't load (target/target.hpp). One thread.
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "target/copy/row_copy.hpp"
#include "target/full_load/index_rebuild.hpp"
#include "target/full_load/parallel_copy.hpp"
#include "target/full_load/unfinished_loads.hpp"
#include "target/ledger/delivery_records.hpp"
#include "target/schema/new_column_types.hpp"
#include "target/session.hpp"
#include "target/target.hpp"

namespace peo::target {

class FullLoad final : public DeliveryLoad {
 public:
  // `session` and `unfinished` must outlive this; no load is unfinished. `method`: a direct one.
  FullLoad(Session& session, UnfinishedLoads& unfinished, std::span<const Delivery> group, LoadMethod method);
  ~FullLoad() override;

  void add(const decode::ChangeBatch& batch) override;
  bool begin_newer() override { not_late(); }
  void add_newer(const decode::ChangeBatch& /*batch*/) override { not_late(); }
  bool end_newer() override { not_late(); }
  void end_file(const FileStats& facts) override;
  std::vector<Outcome> commit() override;

 private:
  [[noreturn]] static void not_late();
  void drop_indexes();
  void begin_copy(const decode::ChangeBatch& batch);
  void begin_parallel();
  void add_columns(const std::vector<std::string>& names, const decode::ChangeBatch& batch);
  void check_new_values(const decode::ChangeBatch& batch);
  void rebuild_indexes();
  [[noreturn]] void refused(Error error) const;

  Session& session_;
  UnfinishedLoads& unfinished_;
  DeliveryRecords records_;
  const Table* table_;
  std::optional<Table> altered_;               // the same with the columns that a file has added
  std::optional<NewColumnTypes> added_types_;  // of these
  LoadMethod method_;
  IndexRebuild indexes_;
  std::unique_ptr<ParallelCopy> parallel_;  // null: one connection
  Table projected_;                         // the table with the file's columns
  std::unique_ptr<Copy> copy_;              // while a COPY is open
  bool committed_ = false;
};

}  // namespace peo::target
