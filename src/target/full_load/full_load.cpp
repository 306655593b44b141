#include "target/full_load/full_load.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/log.hpp"
#include "full_load_sql.hpp"
#include "target/copy/field_form.hpp"
#include "target/schema/add_columns.hpp"

namespace peo::target {
namespace {

// After a first full load, so that the planner (the loader's and the readers') knows the table. A failure is
// only logged: the rows are committed. The sample is a quarter of the usual size, because sorting it takes
// the time: half a second after 1.5 million rows of 18 columns. A column's own statistics target (ALTER TABLE
// ... SET STATISTICS) is respected.
void analyze(Connection& connection, const Table& table) {
  try {
    connection.query("BEGIN");
    connection.query(std::string(sql::statistics_settings));
    connection.query(fmt::format("ANALYZE {}", table.qualified));
    connection.query("COMMIT");
  } catch (const Error& error) {
    connection.rollback();
    log::warning(error.text().after(fmt::format("Can't ANALYZE {}: ", table.name)));
  }
}

}  // namespace

FullLoad::FullLoad(Session& session, UnfinishedLoads& unfinished, std::span<const Delivery> group,
                   LoadMethod method)
    : session_(session),
      unfinished_(unfinished),
      records_(session, group),
      table_(&session.tables().at(group.front().entity)),
      method_(method) {
  const Timed timed(records_.current().outcome.apply_seconds);
  try {
    session_.begin({});
    drop_indexes();
    begin_parallel();
  } catch (...) {
    session_.rollback();
    throw;
  }
  records_.begin_file();
}

// What other connections have committed stays until UnfinishedLoads::recover().
FullLoad::~FullLoad() {
  if (!committed_) session_.rollback();
}

void FullLoad::not_late() { throw Error::internal("a first full load has no newer deliveries"); }

void FullLoad::drop_indexes() {
  auto& connection = session_.connection();
  const auto id = records_.current().outcome.delivery_id;
  try {
    indexes_.drop(connection, *table_);
    for (const auto& index : indexes_.retained())
      log::info(LogFields{.delivery = id, .entity = table_->name},
                "Delivery {}: keeping index {} during the load: {}.", id, index.name, index.why);
  } catch (const Error& error) {
    // The lock was not granted in time, or the role lacks a privilege: loading with indexes is slower, but
    // equally correct.
    if (!connection.usable()) throw;
    log::info(LogFields{.delivery = id, .entity = table_->name},
              "Delivery {}: keeping the indexes of {} during the load: {}.", id, table_->name, error.what());
    session_.rollback();
    indexes_ = {};
    session_.begin({});
  }
}

// Call with the first rows of the file, which show its columns.
void FullLoad::begin_copy(const decode::ChangeBatch& batch) {
  if (const auto names = table_->missing_columns(*batch.mapping); !names.empty()) add_columns(names, batch);
  projected_ = table_->projected(*batch.mapping);
  auto& connection = session_.connection();
  const auto event_base = records_.current().event_base;
  const auto id = records_.current().outcome.delivery_id;
  const auto format = method_ == LoadMethod::DirectText ? Format::Text : Format::Binary;
  copy_ = parallel_ ? parallel_->copy(connection, projected_, format, event_base, id)
                    : std::make_unique<RowCopy>(connection, projected_, format, event_base, id);
}

// Only a load without any unique index uses several connections. With one, a connection would wait for
// another one's row with the same key, and that one for its next rows, forever. Nor would it see the rows of
// the other connections that a foreign key of the table to itself needs. Small loads are not worth the
// connections.
void FullLoad::begin_parallel() {
  constexpr auto big = std::uint64_t{4} * 1024 * 1024;
  const auto& options = session_.options();
  if (method_ == LoadMethod::DirectAlone || options.full_load_connections <= 1 || !indexes_.any() ||
      indexes_.retains_unique() || records_.bytes() < big)
    return;
  unfinished_.begin(*table_, indexes_);
  // The load is recorded as unfinished in the same transaction that drops the indexes: no crash can leave the
  // table without them unnoticed.
  session_.commit();  // so that the others see the table without its indexes
  session_.begin({});
  log::info("Loading {} over {} connections.", table_->name, options.full_load_connections);
  parallel_ = std::make_unique<ParallelCopy>(
      options.conninfo, session_.stop(), ConnectionOptions{.on_wait = options.on_wait},
      options.full_load_connections - 1,
      [this](Connection& other) { unfinished_.lock(other, table_->name); });
}

// At once, because drop_indexes() has locked the table against readers anyway. Other connections would wait
// for that lock, hence the fall back to one connection. A table that keeps its indexes isn't locked;
// StagedLoad adds its columns after the rows.
void FullLoad::add_columns(const std::vector<std::string>& names, const decode::ChangeBatch& batch) {
  session_.check_new_columns(*table_, names);
  const auto why = fmt::format("{} is to get {}", table_->name, column_names_text(names));
  if (parallel_) throw FallBack{FallBack::Reason::NewColumnsInParallel, why};
  if (!indexes_.any()) throw FallBack{FallBack::Reason::NewColumns, why};
  const auto delivery_id = records_.current().outcome.delivery_id;
  // The rest of the rows must show the same types (check_new_values).
  NewColumnTypes types(names);
  types.add(batch);
  const auto is_unknown = [&](const std::string& name) { return !types.is_known(name); };
  if (added_types_ || std::ranges::any_of(names, is_unknown))
    throw FallBack{FallBack::Reason::NewColumns, why};
  const auto columns = added_types_.emplace(std::move(types)).columns();
  session_.add_columns(*table_, columns, delivery_id);
  if (!altered_) table_ = &altered_.emplace(*table_);
  for (const auto& column : columns) altered_->columns.push_back(added_column(column, delivery_id));
  records_.current().outcome.added_columns = columns;
}

// Values of a column that was added by the first ones' type, and that have another: with all rows staged
// first, the type is that of all.
void FullLoad::check_new_values(const decode::ChangeBatch& batch) {
  if (!added_types_) return;
  const auto before = added_types_->columns();
  added_types_->add(batch);
  if (added_types_->columns() != before) {
    throw FallBack{FallBack::Reason::NewColumns,
                   fmt::format("the first values of a new column of {} have another type than later ones",
                               table_->name)};
  }
}

void FullLoad::refused(Error error) const {
  // 23505 unique_violation. A COPY can't skip a row, and one statement can't tell an update from an insert
  // without a staging table.
  if (error.sqlstate() == "23505") {
    throw FallBack{FallBack::Reason::RowsPresent,
                   fmt::format("some of its rows already exist: {}", error.what())};
  }
  const bool found = error.place().line != 0 && !error.place().column.empty() && !session_.rejects_rows();
  if (!found && refuses_row(error)) throw bad_row(error.what());
  throw std::move(error).at(Step::Apply);
}

void FullLoad::add(const decode::ChangeBatch& batch) {
  const Timed timed(records_.current().outcome.apply_seconds);
  if (!batch.bad.empty()) throw bad_row(batch.bad.front().reason);
  try {
    if (!copy_) begin_copy(batch);
    check_new_values(batch);
    copy_->add(batch);
    count_empty_texts(batch, projected_, records_.current().outcome.empty_texts);
  } catch (const NotEncoded& value) {
    throw fall_back(value);
  } catch (const Error& error) {
    refused(error);
  }
}

void FullLoad::end_file(const FileStats& facts) {
  try {
    auto& file = records_.current();
    const Timed timed(file.outcome.apply_seconds);
    const auto copied = copy_ ? std::exchange(copy_, nullptr)->end() : 0;
    records_.read(facts, copied);
    if (copied != 0) {
      // Each row was added: with any other row of its key, a unique index would have refused it.
      file.outcome.stats[table_->name].created = copied;
      file.outcome.max_event_id = file.event_base + copied;
    }
    // Here and not in commit(), because a duplicate key shows only now, and must still fall back.
    if (records_.at_last()) rebuild_indexes();
  } catch (const Error& error) {
    refused(error);
  }
  if (records_.end_file()) records_.begin_file();
}

// After the last file's rows.
void FullLoad::rebuild_indexes() {
  auto& connection = session_.connection();
  if (!parallel_) return indexes_.rebuild(connection);
  parallel_->commit();
  // This connection's rows too: the lock of its COPY would keep the others from creating indexes. No
  // connection holds a lock while waiting for another, so other sessions that wait for the table get a turn
  // in between.
  session_.commit();
  parallel_->create(connection, indexes_.create_statements());
  session_.begin({});
  indexes_.attach(connection);
  unfinished_.end(table_->name);
}

std::vector<Outcome> FullLoad::commit() {
  auto outcomes = records_.commit();
  committed_ = true;
  if (altered_) session_.tables().at(altered_->name).columns = altered_->columns;
  unfinished_.forget(table_->name);
  if (indexes_.any()) analyze(session_.connection(), *table_);
  return outcomes;
}

}  // namespace peo::target
