#include "target/postgres_target.hpp"

#include <utility>

#include "base/log.hpp"
#include "target/copy/row_encoder.hpp"
#include "target/full_load/full_load.hpp"

namespace peo::target {

PostgresTarget::PostgresTarget(TargetOptions options, const Cancellation& stop)
    : session_(std::move(options), stop),
      writer_lock_(session_.connection(),
                   {.conninfo = session_.options().conninfo,
                    .stand_by = session_.options().stand_by,
                    .take_over = session_.options().take_over,
                    .on_lost = [this] { session_.options().on_leader(false); },
                    .on_lock_wait = session_.options().on_lock_wait},
                   stop),
      staging_(session_.connection(), session_.options().compaction_memory),
      unfinished_loads_(session_),
      pipeline_(session_),
      ledger_(session_),
      outbox_(session_),
      migrations_(migrations_of(session_.options().entities)) {}

void PostgresTarget::open() {
  // Staging tables and prepared statements belonged to the old session.
  staging_.tables.forget();
  pipeline_.forget();
  writer_lock_.release();
  session_.options().on_leader(false);
  if (const auto& read_conninfo = session_.options().read_conninfo) {
    const auto conninfo = read_conninfo();
    session_.connect_with(conninfo);
    writer_lock_.connect_with(conninfo);
  }
  session_.connect();
  // Before anything is read: until the lock is held, another loader may change all of it.
  writer_lock_.take(session_.schema());
  // The loader's own tables first: one of them has the epoch, and nothing may be written without it.
  migrate(own_migrations(migrations_));
  writer_lock_.begin_epoch(session_);
  session_.settle();
  // Before the entity tables are read: an unfinished load has left its table without a primary key, without
  // which it would be refused. Recovery finds the rows to delete by the counters.
  unfinished_loads_.read();
  unfinished_loads_.recover();
  const auto wanted = session_.wanted(migrations_);
  migrate(std::span(wanted).subspan(own_migrations(wanted).size()));
  session_.read_state();  // a table that was recreated has moved the counters
  session_.read_tables();
  log_text_fallback();
  session_.options().on_leader(true);
}

std::vector<std::string> PostgresTarget::refresh_tables() {
  const auto tables = session_.tables();
  const auto refused = session_.refused_tables();
  session_.settle();
  // An interrupted full load has left its table without a key, so it would be refused.
  unfinished_loads_.recover();
  session_.read_tables();
  std::vector<std::string> changed;
  for (const auto& name : session_.table_names()) {
    const auto before = tables.find(name);
    const auto now = session_.tables().find(name);
    const bool same = now == session_.tables().end()
                          ? refused.contains(name)
                          : before != tables.end() && before->second == now->second;
    if (!same) changed.push_back(name);
  }
  if (changed.empty()) return changed;
  staging_.tables.drop();
  pipeline_.forget();
  return changed;
}

void PostgresTarget::migrate(std::span<const Migration> migrations) {
  const auto& options = session_.options();
  const auto applied = target::migrate(session_.connection(), session_.schema(), migrations,
                                       {.recreate = options.recreate,
                                        .notifications = options.notifications,
                                        .on_recreated = options.on_recreated});
  for (const auto& name : applied) log::info("Applied {} to the target.", name);
  session_.options().on_migrated(applied);
}

void PostgresTarget::recover() {
  try {
    if (session_.connection().usable()) unfinished_loads_.recover();
  } catch (const Error& error) {
    log::warning(error.text().after("The next run will recover an interrupted full load: "));
  }
}

void PostgresTarget::log_text_fallback() {
  for (const auto& [name, table] : session_.tables()) {
    const auto* column = RowEncoder::without_encoder(table);
    if (column == nullptr || !logged_.first_time(name)) continue;
    log::info(
        "{}: files with column {} are sent to the server as text, which is slower, because only the server "
        "can "
        "encode its type {}.",
        name, column->name, column->type);
  }
}

// An unfinished load has left its table without indexes: recover it before anything is loaded, or an upsert
// would find no key to conflict with.
std::unique_ptr<DeliveryLoad> PostgresTarget::begin(std::span<const Delivery> group, LoadMethod method) {
  unfinished_loads_.recover();
  if (is_direct(method)) return std::make_unique<FullLoad>(session_, unfinished_loads_, group, method);
  return std::make_unique<StagedLoad>(session_, staging_, group, method);
}

bool PostgresTarget::can_pipeline(const std::string& table) const {
  return target::can_pipeline(session_.tables().at(table));
}

std::unique_ptr<PipelinedLoads> PostgresTarget::begin_pipelined() {
  unfinished_loads_.recover();
  return std::make_unique<PostgresPipelinedLoads>(session_, pipeline_);
}

}  // namespace peo::target
