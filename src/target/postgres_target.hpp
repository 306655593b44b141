// The Target that writes. See target.hpp for what it promises.
//
// The advisory lock, the transactions and the session's temporary tables are all on one connection: who loses
// the connection loses the lock, the transaction and the predictions built on them together.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/cancellation.hpp"
#include "base/policies.hpp"
#include "target/copy/row_copy.hpp"
#include "target/full_load/unfinished_loads.hpp"
#include "target/ledger/ledger.hpp"
#include "target/ledger/writer_lock.hpp"
#include "target/pipelined/statement_batch.hpp"
#include "target/postgres/connection.hpp"
#include "target/schema/migrations.hpp"
#include "target/schema/table.hpp"
#include "target/target.hpp"

namespace peo::target {

struct TargetOptions {
  std::string conninfo;
  std::string entities;       // ENTITIES: "" | none | a folder
  bool notifications = true;  // put messages in the outbox
  std::size_t fold_memory =
      std::size_t{24} * 1024 * 1024;  // bytes that the rows of a delivery may take up here
  RemovalLimit removal_limit{};
  std::size_t full_load_connections = 1;  // of a big first full load
  BadRowPolicy bad_rows{};
  bool stand_by = false;  // another loader holds the target: wait (a service) instead of giving up (run once)
  std::chrono::nanoseconds take_over{
      0};  // a holder that gives no sign of life for so long is ended; 0: never
  std::function<void(bool leader)> on_leader = [](bool) {};  // from any thread
  std::function<void()> on_wait = [] {};  // called while it waits for the server, or stands by
  std::function<void(const std::vector<std::string>& names)> on_migrated =
      [](const std::vector<std::string>&) {};  // what open() has applied
};

class PostgresTarget final : public Target {
 public:
  // `stop` must outlive this. Connects in open().
  PostgresTarget(TargetOptions options, const Cancellation& stop);

  void open() override;
  void recover() override;
  bool persists() const override { return true; }
  bool connected() const override { return connection_.usable(); }
  std::vector<std::string> tables() const override;
  TableColumns columns(const std::string& table) const override;
  std::uint64_t next_delivery_id() const override { return state_.last_delivery_id + 1; }
  std::unique_ptr<DeliveryLoad> begin(std::span<const Delivery> group, Way way) override;
  std::unique_ptr<PipelinedLoads> begin_pipelined() override;
  bool can_pipeline(const std::string& table) const override;
  std::optional<Outcome> find_committed(const Delivery& delivery) override;
  std::uint64_t unsent_count() override;
  std::vector<Message> unsent(std::size_t limit) override;
  void mark_published(const std::vector<Message>& messages) override;
  std::optional<Time> last_full_listing() override { return state_.last_full_listing; }
  void full_listing_done() override;

  std::map<std::string, LedgerEntry> find(std::span<const std::string> object_keys) override;
  std::map<std::string, EntityState> states(std::span<const std::string> entities,
                                            std::uint64_t look_back_files) override;
  std::vector<LoadedObject> loaded_after(const std::string& entity, int generation, const Position& after,
                                         std::size_t limit) override;
  std::vector<OpenRequest> open_requests() override;
  std::uint64_t record_not_loaded(const Delivery& delivery, NotLoaded how,
                                  const std::string& reason) override;
  void update_etag(const Delivery& delivery) override;
  void answer(std::uint64_t request, const std::string& answer) override;

 private:
  // Full loads of several transactions that broke off: their tables are put in order before anything else is
  // loaded.
  void recover_unfinished_loads();
  void log_text_fallback();

  friend class PostgresLoad;
  friend class PostgresPipelinedLoads;

  struct State {
    std::string target_id;
    std::uint64_t last_event_id = 0;
    std::uint64_t last_delivery_id = 0;
    std::optional<Time> last_full_listing;
  };

  void answer_request(std::uint64_t request, std::optional<std::uint64_t> delivery_id,
                      const std::string& answer);
  void read_state();
  // For files that show the table so (Table::projected).
  const std::string& pipelined_statement(const Table& table);
  bool has_pipelined_statement(const Table& table) const;
  void analyze(const Table& table);
  std::string own(const char* table) const;  // a loader table, qualified
  LedgerTables ledger() const { return {own("loader_deliveries"), own("loader_delivery_entities")}; }

  TargetOptions options_;
  const Cancellation& stop_;
  Connection connection_;
  WriterLock writer_lock_;
  StagingTables staging_tables_;
  compaction::Compaction compaction_;
  UnfinishedLoads unfinished_loads_;
  std::string
      full_load_goes_on_;  // the table of the full load of which a part was committed last; else empty
  std::vector<Migration> migrations_;
  std::string schema_;
  std::map<std::string, Table> tables_;
  std::map<std::string, std::string>
      pipelined_statements_;  // prepared on the connection, by table and columns
  PipelineWindow pipeline_window_;
  std::set<std::string> said_;  // tables whose rows go as text
  State state_;
};

// The counters are not where this loader left them. For whoever throws it: the connection is to be closed, so
// that everything is read anew.
Error concurrent_writer_error();

// The session's settings; gives the schema that the loader works in. Shared with the dry run.
std::string begin_session(Connection& connection);

}  // namespace peo::target
