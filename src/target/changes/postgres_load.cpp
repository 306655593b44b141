#include "target/changes/postgres_load.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/change_message.hpp"
#include "base/log.hpp"
#include "base/version.hpp"
#include "changes_sql.hpp"
#include "ledger_sql.hpp"
#include "target/changes/key_updates.hpp"
#include "target/postgres/sql_template.hpp"
#include "target/schema/add_columns.hpp"

namespace peo::target {
namespace {

using std::chrono::steady_clock;

// Adds the time of a scope to a counter of seconds.
class Timed {
 public:
  explicit Timed(double& seconds) : seconds_(seconds) {}
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  ~Timed() { seconds_ += std::chrono::duration<double>(steady_clock::now() - began_).count(); }

 private:
  double& seconds_;
  steady_clock::time_point began_ = steady_clock::now();
};

std::string why_now(const Delivery& delivery) {
  if (delivery.request) return "replayed: " + delivery.request->reason;
  switch (delivery.arrival) {
    case Arrival::Late:
      return "came late";
    case Arrival::Rewritten:
      return fmt::format("written again after delivery {}", delivery.previous_id);
    case Arrival::Reload:
      return "of a full load that took the place of the one before";
    case Arrival::InOrder:
    case Arrival::Superseded:
      break;
  }
  return {};
}

// What is special about it, for whoever reads the ledger.
Parameter reason_of(const Delivery& delivery, const FileStats& facts, const Outcome& outcome) {
  auto text = why_now(delivery);
  const auto add = [&](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  if (!outcome.added_columns.empty()) add(column_names_text(outcome.added_columns) + " added to the table");
  if (const auto left_out = ignored_columns_text(facts)) add(*left_out);
  return text.empty() ? Parameter() : text;
}

}  // namespace

PostgresLoad::PostgresLoad(PostgresTarget& target, std::span<const Delivery> group, Way way)
    : target_(target),
      parts_(target.tables_, group, target.options_.removal_limit),
      table_(*parts_.front().table),
      way_(way),
      rejected_(target.connection_, target.options_.bad_rows, target.own("loader_rejects")),
      isolating_(rejected_.enabled() && way.path == Path::Staged && way.format == Format::Text),
      next_event_base_(target.state_.last_event_id) {
  auto id = target_.next_delivery_id();
  for (const auto& delivery : group) {
    File file;
    file.delivery = delivery;
    file.outcome.delivery_id = id++;
    files_.push_back(std::move(file));
  }
  const Timed timed(files_.front().outcome.apply_seconds);
  try {
    begin();
    begin_file();
  } catch (...) {
    target_.connection_.rollback();
    target_.full_load_goes_on_.clear();
    throw;
  }
}

PostgresLoad::~PostgresLoad() {
  if (committed_) return;
  target_.connection_.rollback();
  target_.full_load_goes_on_.clear();  // what the other connections have committed must go first
}

void PostgresLoad::begin() {
  auto& connection = target_.connection_;
  if (!goes_on()) target_.recover_unfinished_loads();
  if (way_.path == Path::Staged) {
    for (auto& part : parts_.all()) part.staging = target_.staging_tables_.of(*part.table);
    connection.query("BEGIN");
    if (isolating_) connection.query("SET CONSTRAINTS ALL IMMEDIATE");
    return;
  }
  begin_direct();
}

void PostgresLoad::begin_direct() {
  auto& connection = target_.connection_;
  connection.query("BEGIN");
  if (goes_on()) {
    indexes_ = target_.unfinished_loads_.under_way().at(table_.name).indexes;
    return begin_parallel();
  }
  try {
    indexes_.drop(connection, table_);
    for (const auto& index : indexes_.retained())
      log::info("Delivery {}: the index {} stays during the load: {}.", files_.front().outcome.delivery_id,
                index.name, index.why);
  } catch (const Error& error) {
    if (!connection.usable()) throw;
    log::info("Delivery {}: {} keeps its indexes during the load ({}).", files_.front().outcome.delivery_id,
              table_.name, error.what());
    connection.rollback();
    indexes_ = {};
    connection.query("BEGIN");
  }
  if (!indexes_.any() || (!way_.more_follow && !loads_in_parallel())) return;
  target_.unfinished_loads_.begin(table_, indexes_);
  if (!loads_in_parallel()) return;
  connection.query("COMMIT");  // so that the others see the table without its indexes
  connection.query("BEGIN");
  begin_parallel();
}

bool PostgresLoad::goes_on() const {
  return way_.path == Path::Direct && target_.full_load_goes_on_ == table_.name;
}

// Small loads are not worth the connections. And with an index that keeps rows apart a connection would wait
// for another one's row, and that one for its next rows, for ever; nor does it see the rows that a foreign
// key of the table to itself asks for.
bool PostgresLoad::loads_in_parallel() const {
  if (way_.alone || indexes_.retains_unique()) return false;
  constexpr auto big = std::uint64_t{4} * 1024 * 1024;
  std::uint64_t bytes = 0;
  for (const auto& file : files_) bytes += file.delivery.object.size;
  return target_.options_.full_load_connections > 1 && bytes >= big;
}

void PostgresLoad::begin_parallel() {
  if (!loads_in_parallel()) return;
  log::info("{} is loaded over {} connections.", table_.name, target_.options_.full_load_connections);
  const auto backend = target_.connection_.query("SELECT pg_backend_pid()").number(0, 0);
  parallel_ = std::make_unique<ParallelCopy>(
      target_.options_.conninfo, target_.stop_, ConnectionOptions{.on_wait = target_.options_.on_wait},
      target_.options_.full_load_connections - 1, backend,
      [this](Connection& connection) { target_.unfinished_loads_.lock(connection, table_.name); });
}

void PostgresLoad::begin_file() {
  file().event_base = next_event_base_;
  file().started_at = now();
  parts_.begin_file();
  rejected_.begin_delivery(file().outcome.delivery_id);
  if (isolating_) begin_row_positions(target_.connection_);
}

// With rows of the file, which tell what columns it carries.
void PostgresLoad::begin_copy(TableLoad& part, const decode::ChangeBatch& batch) {
  auto& connection = target_.connection_;
  get_columns(part, part.table->missing_columns(*batch.mapping));
  part.shown = part.table->projected(*batch.mapping);
  if (way_.path == Path::Direct) {
    const auto event_base = file().event_base, delivery_id = file().outcome.delivery_id;
    part.copy = parallel_
                    ? parallel_->copy(connection, part.shown, way_.format, event_base, delivery_id)
                    : std::make_unique<RowCopy>(connection, part.shown, way_.format, event_base, delivery_id);
    return;
  }
  if (isolating_) {
    part.copy = std::make_unique<IsolatingCopy>(connection, part.shown, part.staging, rejected_);
    return;
  }
  // Folding is for the rows of one table: it keeps them until the last has come.
  if (way_.compacted && way_.format == Format::Binary && !parts_.several())
    part.copy = CompactedCopy::of(connection, part.shown, part.staging, target_.compaction_);
  part.compacted = part.copy != nullptr;
  if (!part.compacted)
    part.copy = std::make_unique<RowCopy>(connection, part.shown, way_.format, part.staging);
}

// A file with a header is of one table. The table is to get columns: at once where it is locked against
// readers anyway, else behind the rows.
void PostgresLoad::get_columns(TableLoad& part, std::vector<std::string> names) {
  if (names.empty()) return;
  check_new_columns(target_.connection_, *part.table, names);  // now, and not behind a long file
  const auto why = fmt::format("{} is to get {}", part.table->name, column_names_text(names));
  // The other connections would wait for the lock that this one holds.
  if (parallel_) throw TryAnotherWay{{.path = Path::Direct, .format = way_.format, .alone = true}, why};
  if (way_.path == Path::Direct && !indexes_.any()) throw TryAnotherWay{{Path::Staged, way_.format}, why};
  if (!altered_) part.table = &altered_.emplace(*part.table);
  for (const auto& name : names) altered_->columns.push_back(text_column(name));
  if (way_.path == Path::Staged) add_to_temporary(target_.connection_, part.staging, names);
  file().outcome.added_columns = names;
  to_add_ = std::move(names);
  if (way_.path == Path::Direct) add_columns(part);
}

void PostgresLoad::add_columns(const TableLoad& part) {
  if (!to_add_.empty()) add_to_table(target_.connection_, *part.table, to_add_);
  to_add_.clear();
}

void PostgresLoad::refused(Error error) {
  if (way_.path == Path::Direct && error.sqlstate() == "23505") {
    throw TryAnotherWay{{Path::Staged, way_.format},
                        fmt::format("some of its rows are there already: {}", error.what())};
  }
  if (parts_.front().compacted && error.sqlstate() == "21000")
    without_compaction(fmt::format("two of its keys are one: {}", error.what()));
  if (!isolating_ && rejected_.accepts(error)) isolate_rows(error.describe());
  throw std::move(error).at(Step::Apply);
}

void PostgresLoad::isolate_rows(const std::string& why) {
  throw TryAnotherWay{{Path::Staged, Format::Text, false}, "not all of its rows can be loaded: " + why};
}

void PostgresLoad::without_compaction(const std::string& why) const {
  throw TryAnotherWay{{Path::Staged, way_.format, false}, why};
}

// Ends the COPY that is open.
void PostgresLoad::end_copies() {
  try {
    parts_.end_copies();
  } catch (const NotCompacted& rows) {
    without_compaction(rows.why);
  }
}

void PostgresLoad::add(const decode::ChangeBatch& batch) {
  const Timed timed(file().outcome.apply_seconds);
  try {
    if (!isolating_ && !batch.bad.empty()) isolate_rows(batch.bad.front().reason);
    auto& part = parts_.switch_to(batch.entity);
    if (!part.copy) begin_copy(part, batch);
    part.copy->add(batch);
  } catch (const NotCompacted& rows) {
    without_compaction(rows.why);
  } catch (const NotEncoded& value) {
    throw TryAnotherWay{
        {way_.path, Format::Text},
        fmt::format("line {}, column {}: the server is to read this value", value.line, value.column)};
  } catch (const Error& error) {
    refused(error);
  }
}

bool PostgresLoad::begin_newer() {
  const Timed timed(file().outcome.apply_seconds);
  try {
    end_copies();
    return parts_.begin_newer(target_.connection_);
  } catch (const Error& error) {
    refused(error);
  }
}

void PostgresLoad::add_newer(const decode::ChangeBatch& batch) {
  const Timed timed(file().outcome.apply_seconds);
  try {
    parts_.add_newer(batch);
  } catch (const Error& error) {
    refused(error);
  }
}

bool PostgresLoad::end_newer() {
  const Timed timed(file().outcome.apply_seconds);
  try {
    return parts_.end_newer();
  } catch (const Error& error) {
    refused(error);
  }
}

void PostgresLoad::end_file(const FileStats& facts) {
  try {
    const Timed timed(file().outcome.apply_seconds);
    auto& outcome = file().outcome;
    file().facts = facts;
    outcome.rows_read = facts.rows;
    end_copies();
    const auto copied = parts_.copied();
    if (copied != facts.changes) {
      throw Error::internal(fmt::format("{} changes were read and {} copied", facts.changes, copied));
    }
    file().reserved = facts.changes;
    if (way_.path == Path::Staged) {
      apply_staged(file());
    } else {
      RowCounts effects;
      effects.created = copied;
      if (copied != 0) outcome.max_event_id = file().event_base + copied;
      if (current_ + 1 == files_.size()) end_direct();
      took_effect(file(), parts_.front(), effects);
    }
    file().rejected = outcome.rejected = rejected_.rows();
    next_event_base_ += file().reserved;
  } catch (const Error& error) {
    refused(error);
  }
  if (++current_ == files_.size()) return;
  if (way_.path == Path::Staged) target_.connection_.query("TRUNCATE " + parts_.front().staging);
  begin_file();
}

void PostgresLoad::apply_staged(File& file) {
  for (auto& part : parts_.all()) {
    RowCounts effects;
    if (part.copied != 0) effects = apply_incoming(file, part);
    if (reloads()) {
      if (!reload_keys_) reload_keys_.emplace(target_.connection_, table_, part.staging);
      reload_keys_->add();
      if (current_ + 1 == files_.size()) remove_rest(file, effects);
    }
    took_effect(file, part, effects);
  }
}

void PostgresLoad::took_effect(File& file, TableLoad& part, const RowCounts& effects) {
  part.removals.check(effects, [&] { return count_rows(target_.connection_, part.table->qualified); });
  if (effects.any()) file.outcome.stats[part.table->name] = effects;
}

std::vector<Outcome> PostgresLoad::commit() {
  auto& state = target_.state_;
  const auto before = state;
  std::vector<Outcome> outcomes;
  try {
    for (auto& file : files_) {
      const Timed timed(file.outcome.record_seconds);
      record(file);
      state.last_event_id += file.reserved;
      state.last_delivery_id = file.outcome.delivery_id;
    }
    const Timed timed(files_.back().outcome.record_seconds);
    target_.connection_.query("COMMIT");
    committed_ = true;
    if (altered_) target_.tables_.at(altered_->name).columns = altered_->columns;
  } catch (...) {
    state = before;
    throw;
  }
  for (const auto& file : files_) {
    target_.say_effects(file.outcome);
    outcomes.push_back(file.outcome);
  }
  if (!indexes_.any()) return outcomes;
  if (way_.more_follow) {
    target_.full_load_goes_on_ = table_.name;
  } else {
    target_.unfinished_loads_.forget(table_.name);
    target_.full_load_goes_on_.clear();
    target_.analyze(table_);
  }
  return outcomes;
}

RowCounts PostgresLoad::apply_incoming(File& file, TableLoad& part) {
  add_columns(part);
  std::function<void()> prepare;
  if (file.facts.key_updates != 0) {
    prepare = [&] {
      drop_stale_deletes(target_.connection_, *part.table, part.staging,
                         exists_in(*part.table, part.table->qualified));
    };
  }
  Applied applied;
  if (isolating_) {
    applied = IsolatingApply(target_.connection_, part.shown, part.staging, rejected_,
                             {prepare, [&](const auto& staging) { return apply(file, part, staging); }})
                  .run();
  } else {
    if (prepare) prepare();
    applied = apply(file, part, part.staging);
  }
  auto& highest = file.outcome.max_event_id;
  if (applied.max_event_id) highest = std::max(highest.value_or(0), *applied.max_event_id);
  return applied.effects;
}

Applied PostgresLoad::apply(const File& file, const TableLoad& part, const std::string& staging) const {
  const auto& table = part.shown;
  const auto last = part.compacted
                        ? fill(sql::compacted_rows, {{"staging", staging}})
                        : fill(sql::last_row_per_key,
                               {{"staging", staging}, {"key", table.key_list()}, {"row", row_column()}});
  const auto rows = target_.connection_.query(
      fill(sql::apply, {{"last", last},
                        {"key", table.key_list()},
                        {"row", row_column()},
                        {"op", operation_column()},
                        {"table", table.qualified},
                        {"same_key", table.same_key("t", "last")},
                        {"key_json", table.key_json("t")},
                        {"removals", target_.own("loader_removals")},
                        {"columns", table.column_list()},
                        {"assignments", table.assignments()},
                        {"differs", table.differs("t", "excluded")},
                        {"is_new", table.is_new("t")}}),
      {std::to_string(file.event_base), std::to_string(file.outcome.delivery_id), table.name});
  const auto count = [&](int column) { return static_cast<std::uint64_t>(rows.number(0, column)); };
  Applied applied;
  applied.effects = {count(0), count(1), count(2)};
  if (!rows.null(0, 3)) applied.max_event_id = count(3);
  return applied;
}

// Behind the last file's rows.
void PostgresLoad::end_direct() {
  auto& connection = target_.connection_;
  if (parallel_) parallel_->commit();
  if (way_.more_follow) return;
  if (parallel_) {
    // The rows of this connection too, for its COPY's lock would keep the others from building. Nor does any
    // of them hold a lock while it is waited for: what wants the table in between has its turn.
    connection.query("COMMIT");
    parallel_->create(connection, indexes_.create_statements());
    connection.query("BEGIN");
    indexes_.attach(connection);
  } else {
    indexes_.rebuild(connection);
  }
  if (target_.unfinished_loads_.under_way().contains(table_.name)) target_.unfinished_loads_.end(table_.name);
}

// A reload, behind the last of its files: what none of them holds goes. It counts for the last file.
void PostgresLoad::remove_rest(File& file, RowCounts& effects) {
  auto& connection = target_.connection_;
  reload_keys_->complete();
  const auto rows =
      connection.query(fill(sql::delete_missing, {{"table", table_.qualified},
                                                  {"same_key", table_.same_key("t", "kept")},
                                                  {"key", table_.key_list()},
                                                  {"key_json", table_.key_json("t")},
                                                  {"removals", target_.own("loader_removals")}}),
                       {std::to_string(file.event_base + file.reserved),
                        std::to_string(file.outcome.delivery_id), file.delivery.entity});
  const auto removed = static_cast<std::uint64_t>(rows.number(0, 0));
  if (removed == 0) return;
  effects.removed += removed;
  file.reserved += removed;
  file.outcome.max_event_id = static_cast<std::uint64_t>(rows.number(0, 1));
}

void PostgresLoad::record(File& file) {
  const auto& delivery = file.delivery;
  const auto& facts = file.facts;
  auto& outcome = file.outcome;
  const auto host = host_name();
  Parameter payload;
  if (target_.options_.notifications && outcome.max_event_id) {
    payload = change_message(outcome.stats, *outcome.max_event_id, now(), host);
  }
  const auto effects = sum_of(outcome.stats);
  const auto text = [](const auto& value) { return fmt::format("{}", value); };
  const auto& object = delivery.object;
  Rows rows(nullptr);
  try {
    rows = target_.connection_.query(
        fill(sql::record, {{"state", target_.own("loader_state")},
                           {"outbox", target_.own("loader_outbox")},
                           {"ledger", target_.own("loader_deliveries")}}),
        {text(file.event_base),
         text(file.reserved),
         text(outcome.delivery_id),
         payload,
         std::string(change_subject),
         object.key,
         text(delivery.generation),
         object.etag,
         facts.sha256,
         text(object.size),
         timestamp(object.last_modified),
         delivery.entity,
         to_string(delivery.kind),
         timestamp(delivery.name_time),
         text(effects.created),
         text(effects.amended),
         text(effects.removed),
         outcome.max_event_id ? Parameter(text(*outcome.max_event_id)) : std::nullopt,
         timestamp(file.started_at),
         text(facts.fetch_seconds),
         text(facts.decompress_seconds),
         text(facts.parse_seconds),
         text(outcome.apply_seconds),
         host,
         std::string(version),
         text(facts.rows),
         text(delivery.revision),
         reason_of(delivery, facts, outcome),
         text(file.rejected)});
    record_entities(target_.connection_, target_.ledger().entities, outcome.delivery_id,
                    delivery.name_time.value_or(Time{}), carried_rows(facts, outcome.stats));
    if (delivery.request) target_.answer_request(delivery.request->id, outcome.delivery_id, "loaded");
  } catch (Error& error) {
    error.at(Step::Record);
    // The same object is in already, or the counters collide: another loader was here.
    if (error.sqlstate() != "23505") throw;
    target_.connection_.close();  // so that everything is read anew
    throw Error::retry(error.what()).at(Step::Record);
  }
  if (rows.size() != 1) {
    target_.connection_.close();
    throw concurrent_writer_error().at(Step::Record);
  }
  if (payload) {
    Message message;
    message.position = static_cast<std::uint64_t>(rows.number(0, 0));
    message.delivery_id = outcome.delivery_id;
    message.id = fmt::format("{}-{}", target_.state_.target_id, outcome.delivery_id);
    message.subject = change_subject;
    message.payload = *payload;
    outcome.message = std::move(message);
  }
}

}  // namespace peo::target
