// One transaction in the PostgresTarget, of a delivery or of a group of full-load files: apply (step 5),
// record (step 6), commit. A transaction file goes the staged way, each of its tables through its own
// incoming table.
#pragma once
#include <chrono>
#include <optional>
#include <span>
#include <vector>

#include "target/careful.hpp"
#include "target/indexes_aside.hpp"
#include "target/postgres_target.hpp"
#include "target/set_aside.hpp"
#include "target/side_connections.hpp"
#include "target/snapshot_keys.hpp"
#include "target/table_part.hpp"

namespace peo::target {

class PostgresLoad final : public DeliveryLoad {
 public:
  PostgresLoad(PostgresTarget& target, std::span<const Delivery> group, Way way);
  ~PostgresLoad() override;

  void add(const decode::ChangeBatch& batch) override;
  bool begin_later() override;
  void add_later(const decode::ChangeBatch& batch) override;
  bool end_later() override;
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
  bool takes_sides() const;
  void begin_sides();
  void begin_file();
  void begin_copy(TablePart& part, const decode::ChangeBatch& batch);
  void get_columns(TablePart& part, std::vector<std::string> names);
  void add_columns(const TablePart& part);
  void end_copies();
  [[noreturn]] static void carefully(const std::string& why);
  [[noreturn]] void unfolded(const std::string& why) const;
  void apply_staged(File& file);
  RowCounts apply_incoming(File& file, TablePart& part);
  void end_direct();
  Applied apply(const File& file, const TablePart& part, const std::string& incoming) const;
  void remove_rest(File& file, RowCounts& effects);
  void took_effect(File& file, TablePart& part, const RowCounts& effects);
  bool reloads() const { return files_.front().delivery.arrival == Arrival::Reload; }
  void record(File& file);
  [[noreturn]] void refused(Error error);
  File& file() { return files_[current_]; }

  PostgresTarget& target_;
  std::vector<File> files_;
  std::size_t current_ = 0;
  TableParts parts_;
  const Table& table_;               // of the first part: of full loads the only one
  std::optional<Table> altered_;     // the same, when it gets columns
  std::vector<std::string> to_add_;  // columns that altered_ has and the target's table doesn't yet
  Way way_;
  IndexesAside indexes_;
  std::unique_ptr<SideConnections> sides_;  // null: one connection
  std::optional<SnapshotKeys> snapshot_;    // of a reload
  SetAside aside_;
  bool careful_;  // rows that can't be loaded are set aside (careful.hpp)
  std::uint64_t next_event_base_;
  bool committed_ = false;
};

}  // namespace peo::target
