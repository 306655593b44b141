// The Target that writes; see target.hpp for its contract. It owns and opens the session and the objects that
// its subdirectories share, which do the work.
#pragma once
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/log_once.hpp"
#include "target/changes/staged_load.hpp"
#include "target/full_load/unfinished_loads.hpp"
#include "target/ledger/ledger.hpp"
#include "target/ledger/outbox.hpp"
#include "target/ledger/writer_lock.hpp"
#include "target/pipelined/pipelined_loads.hpp"
#include "target/schema/migrations.hpp"
#include "target/session.hpp"
#include "target/target.hpp"

namespace peo::target {

class PostgresTarget final : public Target, private Loads {
 public:
  // `stop` must outlive this. Connects in open().
  PostgresTarget(TargetOptions options, const Cancellation& stop);

  void open() override;
  void recover() override;
  bool persists() const override { return true; }
  bool connected() const override { return session_.connection().usable() && !writer_lock_.lost(); }
  std::vector<std::string> tables() const override { return session_.table_names(); }
  SourceTables source_tables() const override { return session_.source_tables(); }
  std::map<std::string, Error> refused_tables() const override { return session_.refused_tables(); }
  std::vector<std::string> refresh_tables() override;
  Loads& loads() override { return *this; }
  DeliveryLedger& ledger() override { return ledger_; }
  Outbox& outbox() override { return outbox_; }

 private:
  TableColumns columns(const std::string& table) const override {
    return session_.table(table).file_columns();
  }
  std::uint64_t next_delivery_id() const override { return session_.next_delivery_id(); }
  std::unique_ptr<DeliveryLoad> begin(std::span<const Delivery> group, LoadMethod method) override;
  bool can_pipeline(const std::string& table) const override;
  std::unique_ptr<PipelinedLoads> begin_pipelined() override;
  std::optional<Outcome> find_committed(const Delivery& delivery) override {
    return ledger_.find_committed(delivery);
  }
  void migrate(std::span<const Migration> migrations);
  void log_text_fallback();

  Session session_;
  WriterLock writer_lock_;
  Staging staging_;
  UnfinishedLoads unfinished_loads_;
  Pipeline pipeline_;
  PostgresLedger ledger_;
  PostgresOutbox outbox_;
  std::vector<Migration> migrations_;
  LogOnce logged_;
};

}  // namespace peo::target
