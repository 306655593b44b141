// The Target of a dry run: predicts exactly what the PostgresTarget would do, and persists nothing. See
// dry_run_session.hpp for how.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "target/changes/staged_load.hpp"
#include "target/dry_run/dry_run_session.hpp"
#include "target/ledger/ledger.hpp"
#include "target/ledger/outbox.hpp"

namespace peo::target {

class DryRunTarget final : public Target, private Loads {
 public:
  // `stop` must outlive this. Connects in open().
  DryRunTarget(TargetOptions options, const Cancellation& stop,
               DryRunSession::Tables tables = DryRunSession::Tables::AsTheyAre);

  const PlannedChanges& planned_changes() const { return session_.planned_changes(); }
  DryRunSession& session() { return session_; }

  void open() override;
  bool persists() const override { return false; }
  bool connected() const override { return session_.connection().usable(); }
  std::vector<std::string> tables() const override { return session_.table_names(); }
  SourceTables source_tables() const override { return session_.source_tables(); }
  std::map<std::string, Error> refused_tables() const override { return session_.refused_tables(); }
  Loads& loads() override { return *this; }
  DeliveryLedger& ledger() override { return ledger_; }
  Outbox& outbox() override { return outbox_; }

 private:
  // For a file whose bytes are recorded under another ETag: the recorded row can't be changed, so a newer one
  // is added.
  class DryRunLedger final : public PostgresLedger {
   public:
    using PostgresLedger::PostgresLedger;
    void update_etag(const Delivery& delivery) override;
  };

  TableColumns columns(const std::string& table) const override {
    return session_.table(table).file_columns();
  }
  std::uint64_t next_delivery_id() const override { return session_.next_delivery_id(); }
  std::unique_ptr<DeliveryLoad> begin(std::span<const Delivery> group, LoadMethod method) override;
  bool can_pipeline(const std::string& /*table*/) const override { return false; }
  std::unique_ptr<PipelinedLoads> begin_pipelined() override { return nullptr; }
  std::optional<Outcome> find_committed(const Delivery& /*delivery*/) override { return std::nullopt; }

  DryRunSession session_;
  Staging staging_;
  DryRunLedger ledger_;
  PostgresOutbox outbox_;
  std::vector<Migration> migrations_;
};

}  // namespace peo::target
