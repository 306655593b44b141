// The Target of a dry run: predicts exactly what the PostgresTarget would do, and persists nothing.
//
// One REPEATABLE READ transaction that only reads the entities and writes to temporary tables: for each table
// an overlay of the rows it would have written and the keys it would have removed, so that later deliveries
// see the effects of earlier ones. It is rolled back in the end. It takes no lock that a running loader would
// notice, and tables that don't exist yet count as empty ones of the shape that their SQL gives.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "target/postgres_target.hpp"

namespace peo::target {

// What a dry run has predicted so far, also after the delivery that ended it. The list is bounded, the sums
// are not cut.
struct PlannedChanges {
  static constexpr std::size_t most = 1000;
  struct One {
    std::string object_key, entity;
    DeliveryKind kind = DeliveryKind::FullLoad;
    std::uint64_t rows_read = 0;
    RowCountsByTable stats;
    std::vector<std::string> added_columns{};  // that its table would get for it
  };
  struct Sums {
    std::uint64_t deliveries = 0, rows_read = 0;
    RowCounts effects;
  };
  std::vector<One> first;  // in order
  std::map<std::string, Sums> by_entity;
};

class DryRunTarget final : public Target {
 public:
  // `Empty`: for a Verification: as if every table were empty, so that what is predicted of all files is what
  // a table must hold.
  enum class Tables { AsTheyAre, Empty };
  DryRunTarget(TargetOptions options, const Cancellation& stop, Tables tables = Tables::AsTheyAre);

  const PlannedChanges& planned_changes() const { return planned_changes_; }

  void open() override;
  bool persists() const override { return false; }
  bool connected() const override { return predicting_ && connection_.usable(); }
  std::vector<std::string> tables() const override;
  TableColumns columns(const std::string& table) const override;
  std::uint64_t next_delivery_id() const override { return last_delivery_id_ + 1; }
  std::unique_ptr<DeliveryLoad> begin(std::span<const Delivery> group, Way way) override;
  std::unique_ptr<PipelinedLoads> begin_pipelined() override { return nullptr; }
  bool can_pipeline(const std::string& /*table*/) const override { return false; }
  std::optional<Outcome> find_committed(const Delivery& /*delivery*/) override { return std::nullopt; }
  std::uint64_t unsent_count() override { return 0; }
  std::vector<Message> unsent(std::size_t /*limit*/) override { return {}; }
  void mark_published(const std::vector<Message>& /*messages*/) override {}
  std::optional<Time> last_full_listing() override { return std::nullopt; }
  void full_listing_done() override {}

  std::map<std::string, LedgerEntry> find(std::span<const std::string> object_keys) override;
  std::map<std::string, EntityState> states(std::span<const std::string> entities,
                                            std::uint64_t look_back_files) override;
  std::vector<LoadedObject> loaded_after(const std::string& entity, int generation, const Position& after,
                                         std::size_t limit) override;
  std::vector<OpenRequest> open_requests() override;
  std::uint64_t record_not_loaded(const Delivery& delivery, NotLoaded how,
                                  const std::string& reason) override;
  void update_etag(const Delivery& delivery) override;
  void answer(std::uint64_t request, const std::string& /*answer*/) override { answered_.insert(request); }

 private:
  friend class DryRunLoad;
  friend class Verification;

  struct Overlay {
    std::string rows, removed;      // temporary tables
    std::string base;               // the table itself, or an empty one of its shape
    std::set<std::string> carried;  // columns that the files so far have brought
    std::set<std::string> added;    // of them, those that the table hasn't got
  };
  const Overlay& overlay_of(const Table& table);
  std::string own(const char* table);
  // In the predicted ledger.
  void remember(const Delivery& delivery, const Outcome& outcome, const std::string& status,
                const FileStats& facts);
  static LedgerTables dry_ledger() { return {"pg_temp.dry_ledger", "pg_temp.dry_entities"}; }

  TargetOptions options_;
  Tables tables_as_;
  PlannedChanges planned_changes_;
  Connection connection_;
  StagingTables staging_tables_;
  std::vector<Migration> migrations_;
  std::string schema_;
  std::map<std::string, Table> tables_;
  std::map<std::string, Overlay> overlays_;
  std::size_t views_ = 0;             // that stand in for tables that will have got columns
  std::set<std::uint64_t> answered_;  // requests that the run would have answered
  std::uint64_t last_event_id_ = 0;
  std::uint64_t last_delivery_id_ = 0;
  bool predicting_ =
      false;  // the transaction is open; a failed delivery ends it, and all planned_changes with it
};

}  // namespace peo::target
