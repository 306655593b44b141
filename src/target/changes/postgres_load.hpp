// One transaction in the PostgresTarget, of a delivery or of a group of full-load files: apply (step 5),
// record (step 6), commit. A transaction file goes the staged way, each of its tables through its own
// staging table.
#pragma once
#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "target/changes/rejected_rows.hpp"
#include "target/changes/reload_keys.hpp"
#include "target/changes/row_isolation.hpp"
#include "target/changes/table_load.hpp"
#include "target/full_load/index_rebuild.hpp"
#include "target/full_load/parallel_copy.hpp"
#include "target/postgres_target.hpp"

namespace peo::target {

class PostgresLoad final : public DeliveryLoad {
 public:
  PostgresLoad(PostgresTarget& target, std::span<const Delivery> group, Way way);
  ~PostgresLoad() override;

  void add(const decode::ChangeBatch& batch) override;
  bool begin_newer() override;
  void add_newer(const decode::ChangeBatch& batch) override;
  bool end_newer() override;
  void end_file(const FileStats& facts) override;
  std::vector<Outcome> commit() override;

 private:
  struct File {
    Delivery delivery;
    Outcome outcome;
    FileStats facts;
    std::uint64_t event_base = 0;  // the event_id before the file's first row
    std::uint64_t reserved = 0;    // event_ids
    std::uint64_t rejected = 0;
    Time started_at{};
  };

  void begin();
  void begin_direct();
  bool goes_on() const;  // a part of a full load whose part before is in
  bool loads_in_parallel() const;
  void begin_parallel();
  void begin_file();
  void begin_copy(TableLoad& part, const decode::ChangeBatch& batch);
  void get_columns(TableLoad& part, std::vector<std::string> names);
  void add_columns(const TableLoad& part);
  void end_copies();
  [[noreturn]] static void isolate_rows(const std::string& why);
  [[noreturn]] void without_compaction(const std::string& why) const;
  void apply_staged(File& file);
  RowCounts apply_incoming(File& file, TableLoad& part);
  void end_direct();
  Applied apply(const File& file, const TableLoad& part, const std::string& staging) const;
  void remove_rest(File& file, RowCounts& effects);
  void took_effect(File& file, TableLoad& part, const RowCounts& effects);
  bool reloads() const { return files_.front().delivery.arrival == Arrival::Reload; }
  void record(File& file);
  [[noreturn]] void refused(Error error);
  File& file() { return files_[current_]; }

  PostgresTarget& target_;
  std::vector<File> files_;
  std::size_t current_ = 0;
  TableLoads parts_;
  const Table& table_;               // of the first part: of full loads the only one
  std::optional<Table> altered_;     // the same, when it gets columns
  std::vector<std::string> to_add_;  // columns that altered_ has and the target's table doesn't yet
  Way way_;
  IndexRebuild indexes_;
  std::unique_ptr<ParallelCopy> parallel_;  // null: one connection
  std::optional<ReloadKeys> reload_keys_;   // of a reload
  RejectedRows rejected_;
  bool isolating_;  // rows that can't be loaded are set aside (careful.hpp)
  std::uint64_t next_event_base_;
  bool committed_ = false;
};

}  // namespace peo::target
