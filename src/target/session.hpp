// The state that the parts of the target share: the connection, the schema, the entity tables, the counters
// of loader_state, and the transaction of a load.
//
// The transactions and the session's temporary tables are all on one connection: a loader that loses it loses
// the transaction and everything prepared in it together. Each transaction asserts that the loader has not
// lost the target (writer_epoch). A dry run is another kind of session (dry_run/dry_run_session.hpp), whose
// tables are overlays and whose transaction ends in a rollback; the loads don't notice the difference. One
// thread.
#pragma once
#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "base/delivery.hpp"
#include "base/error.hpp"
#include "base/log_once.hpp"
#include "base/object.hpp"
#include "base/policies.hpp"
#include "target/postgres/connection.hpp"
#include "target/schema/entity_tables.hpp"
#include "target/schema/migrations.hpp"
#include "target/schema/table.hpp"
#include "target/target.hpp"
#include "target/two_phase_commit.hpp"

namespace peo::target {

struct TargetOptions {
  std::string conninfo;
  std::string entities;  // the SQL of the entity tables: "shipped", "none" or a directory
  // Called whenever the target is opened, because the password may have been replaced. Empty: use `conninfo`.
  std::function<std::string()> read_conninfo{};
  // Called whenever the target is opened, with its current tables. Returns names in lower case: only entity
  // tables of these names are created. Empty: all are.
  std::function<std::vector<std::string>(const TableNames&)> wanted_tables{};
  bool notifications = true;  // put messages in the outbox
  std::size_t compaction_memory =
      std::size_t{24} * 1024 * 1024;  // bytes of a delivery's rows to sort in memory
  RemovalLimit removal_limit{};
  std::size_t full_load_connections = 1;  // of a big first full load
  BadRowPolicy bad_rows{};
  bool stand_by = false;  // another loader holds the target: wait (a service) instead of giving up (run once)
  std::chrono::nanoseconds take_over{0};  // terminate an unresponsive holder after; 0: never
  // Called from any thread. on_lock_wait: about once a second with the holder of the lock, and finally with
  // an empty text.
  std::function<void(bool leader)> on_leader = [](bool) {};
  std::function<void(const std::string& holder)> on_lock_wait = [](const std::string&) {};
  std::function<void()> on_wait = [] {};  // called while waiting for the server or standing by
  bool recreate = false;                  // tables of entities whose SQL was changed (migrate --recreate)
  std::function<void(const std::string& loss)> on_recreated = [](const std::string&) {};
  std::function<void(const std::vector<std::string>& names)> on_migrated =
      [](const std::vector<std::string>&) {};  // the migrations that open() applied
};

// The counters of loader_state, as of the last commit.
struct State {
  std::string target_id;
  std::uint64_t last_event_id = 0;
  std::uint64_t last_delivery_id = 0;
  std::uint64_t writer_epoch = 0;
  std::optional<Time> last_full_listing;
};

// On Citus, in each transaction, one by one (Citus sends the whole text of a SET LOCAL to the workers):
// workers don't have the settings of session.sql. Without these, hash joins read the whole shard for a few
// changes.
inline constexpr std::array settings_on_workers{"SET LOCAL enable_hashjoin = off",
                                                "SET LOCAL enable_mergejoin = off"};

class Session {
 public:
  // Connects in connect(). `stop` must outlive this.
  Session(TargetOptions options, const Cancellation& stop);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  // (Re)connects and applies the session's settings; tables and counters must be read after it.
  void connect();
  // From the next connect() on.
  void connect_with(const std::string& conninfo);
  void read_state();
  // Reads tables that can be loaded and those that are refused, and logs warnings about them. Also reads the
  // ledger, and which columns were added.
  void read_tables();
  // Those of `all` whose tables are wanted. Reads the tables' comments.
  std::vector<Migration> wanted(const std::vector<Migration>& all);

  const TargetOptions& options() const { return options_; }
  const Cancellation& stop() const { return stop_; }
  Connection& connection() { return connection_; }
  const Connection& connection() const { return connection_; }
  const std::string& schema() const { return schema_; }
  bool citus() const { return citus_; }  // the server is a Citus coordinator
  std::map<std::string, Table>& tables() { return tables_; }
  const std::map<std::string, Table>& tables() const { return tables_; }
  const std::map<std::string, Error>& refused_tables() const { return refused_tables_; }
  const SourceTables& source_tables() const { return source_tables_; }  // named by their comments
  // Of loadable and refused tables.
  std::vector<std::string> table_names() const;
  // Throws why it was refused.
  const Table& table(const std::string& name) const;
  State& state() { return state_; }
  const State& state() const { return state_; }
  std::uint64_t next_delivery_id() const { return state_.last_delivery_id + 1; }

  bool rejects_rows() const { return options_.bad_rows.action == BadRows::QuarantineRow; }

  // The qualified name of one of the loader's own tables to write to, and those to read the ledger from.
  virtual std::string own(const char* table) const;
  virtual LedgerTables ledger() const { return {own("loader_deliveries"), own("loader_delivery_entities")}; }

  virtual bool persists() const { return true; }
  virtual bool logs_rejected_rows() const { return true; }

  // The transaction of a load. `staging`: its staging tables, empty afterwards.
  virtual void begin(const std::vector<std::string>& staging);
  virtual void commit();
  virtual void rollback() noexcept;
  // Waits until everything that was committed is visible, and lets consumers read up to there
  // (loader_state.visible_event_id). Call before anything reads the entity tables: at the start, after the
  // counters were read, and between polls. begin() calls it too. Throws Retry.
  void settle();
  // commit() in two halves, for a COMMIT in a pipeline.
  void commit_sent() { two_phase_.sent(); }
  void commit_returned();

  // Before a load may use the table.
  virtual void prepare_table(const std::string& /*table*/) {}
  // Before the rows of `staging` are applied. `projected`: the table with their columns (Table::projected).
  virtual void prepare_rows(const Table& /*projected*/, const std::string& /*staging*/,
                            DeliveryKind /*kind*/) {}
  // Before a statement that concerns all rows of the table.
  virtual void prepare_all_rows(const Table& /*table*/) {}
  virtual std::uint64_t count_rows(const Table& table);
  // After its commit.
  virtual void loaded(const Delivery& /*delivery*/, const Outcome& /*outcome*/) {}
  // Throws when these columns can't be added to the table (schema/add_columns.hpp).
  virtual void check_new_columns(const Table& table, const std::vector<std::string>& names);
  // Adds them for the delivery, and records that.
  void add_columns(const Table& table, const std::vector<NewColumn>& columns, std::uint64_t delivery_id);

 private:
  void advance_visible();

  TargetOptions options_;
  const Cancellation& stop_;
  Connection connection_;
  TwoPhaseCommit two_phase_{connection_};
  bool settled_ = false;  // visible_event_id is that of the last commit
  std::string schema_;
  bool citus_ = false;
  std::map<std::string, Table> tables_;
  std::map<std::string, Error> refused_tables_;
  SourceTables source_tables_;
  LogOnce logged_;
  State state_;
};

// Whether the server refused something because of the contents of a row.
inline bool refuses_row(const Error& error) {
  return error.kind() == ErrorKind::BadDelivery && !error.sqlstate().empty();
}
// 23505 unique_violation, 23P01 exclusion_violation: another row has the value.
inline bool violates_uniqueness(const Error& error) {
  return error.sqlstate() == "23505" || error.sqlstate() == "23P01";
}
// A row can't be loaded: it must be rejected individually, or found so that the error can name it.
FallBack bad_row(const std::string& why);

// Retry: the counters are not where this loader left them, so another one has written. The session's
// connection must be closed, so that everything is read again.
Error concurrent_writer_error();

}  // namespace peo::target
