#include "target/postgres_load.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/change_message.hpp"
#include "base/log.hpp"
#include "base/version.hpp"
#include "target/moved_keys.hpp"
#include "target/new_columns.hpp"
#include "target/postgres/sql_template.hpp"
#include "target_sql.hpp"

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
  if (!outcome.added_columns.empty()) add(names_text(outcome.added_columns) + " added to the table");
  if (const auto left_out = ignored_columns_text(facts)) add(*left_out);
  return text.empty() ? Parameter() : text;
}

}  // namespace

PostgresLoad::PostgresLoad(PostgresTarget& target, std::span<const Delivery> group, Way way)
    : target_(target),
      parts_(target.tables_, group, target.options_.removal_limit),
      table_(*parts_.front().table),
      way_(way),
      aside_(target.connection_, target.options_.bad_rows, target.own("loader_rejects")),
      careful_(aside_.wanted() && way.path == Path::Staged && way.format == Format::Text),
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
  if (!goes_on()) target_.finish_full_loads();
  if (way_.path == Path::Staged) {
    for (auto& part : parts_.all()) part.incoming = target_.incoming_.of(*part.table);
    connection.query("BEGIN");
    if (careful_) connection.query("SET CONSTRAINTS ALL IMMEDIATE");
    return;
  }
  begin_direct();
}

void PostgresLoad::begin_direct() {
  auto& connection = target_.connection_;
  connection.query("BEGIN");
  if (goes_on()) {
    indexes_ = target_.full_loads_.under_way().at(table_.name).indexes;
    return begin_sides();
  }
  try {
    indexes_.put_aside(connection, table_);
    for (const auto& index : indexes_.kept())
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
  if (!indexes_.any() || (!way_.more_follow && !takes_sides())) return;
  target_.full_loads_.begun(table_, indexes_);
  if (!takes_sides()) return;
  connection.query("COMMIT");  // so that the others see the table without its indexes
  connection.query("BEGIN");
  begin_sides();
}

bool PostgresLoad::goes_on() const {
  return way_.path == Path::Direct && target_.full_load_goes_on_ == table_.name;
}

// Small loads are not worth the connections. And with an index that keeps rows apart a connection would wait
// for another one's row, and that one for its next rows, for ever; nor does it see the rows that a foreign
// key of the table to itself asks for.
bool PostgresLoad::takes_sides() const {
  if (way_.alone || indexes_.keeps_unique()) return false;
  constexpr auto big = std::uint64_t{4} * 1024 * 1024;
  std::uint64_t bytes = 0;
  for (const auto& file : files_) bytes += file.delivery.object.size;
  return target_.options_.full_load_connections > 1 && bytes >= big;
}

void PostgresLoad::begin_sides() {
  if (!takes_sides()) return;
  log::info("{} is loaded over {} connections.", table_.name, target_.options_.full_load_connections);
  const auto backend = target_.connection_.query("SELECT pg_backend_pid()").number(0, 0);
  sides_ = std::make_unique<SideConnections>(
      target_.options_.conninfo, target_.stop_, ConnectionOptions{.on_wait = target_.options_.on_wait},
      target_.options_.full_load_connections - 1, backend,
      [this](Connection& connection) { target_.full_loads_.hold(connection, table_.name); });
}

void PostgresLoad::begin_file() {
  file().event_base = next_event_base_;
  file().started_at = now();
  parts_.begin_file();
  aside_.begin_delivery(file().outcome.delivery_id);
  if (careful_) begin_places(target_.connection_);
}

// With rows of the file, which tell what columns it carries.
void PostgresLoad::begin_copy(TablePart& part, const decode::ChangeBatch& batch) {
  auto& connection = target_.connection_;
  get_columns(part, part.table->lacks(*batch.mapping));
  part.shown = part.table->as_carried(*batch.mapping);
  if (way_.path == Path::Direct) {
    const auto event_base = file().event_base, delivery_id = file().outcome.delivery_id;
    part.copy = sides_
                    ? sides_->copy(connection, part.shown, way_.format, event_base, delivery_id)
                    : std::make_unique<RowCopy>(connection, part.shown, way_.format, event_base, delivery_id);
    return;
  }
  if (careful_) {
    part.copy = std::make_unique<CarefulCopy>(connection, part.shown, part.incoming, aside_);
    return;
  }
  // Folding is for the rows of one table: it keeps them until the last has come.
  if (way_.folded && way_.format == Format::Binary && !parts_.several())
    part.copy = FoldedCopy::of(connection, part.shown, part.incoming, target_.fold_);
  part.folded = part.copy != nullptr;
  if (!part.folded) part.copy = std::make_unique<RowCopy>(connection, part.shown, way_.format, part.incoming);
}

// A file with a header is of one table. The table is to get columns: at once where it is locked against
// readers anyway, else behind the rows.
void PostgresLoad::get_columns(TablePart& part, std::vector<std::string> names) {
  if (names.empty()) return;
  check_new_columns(target_.connection_, *part.table, names);  // now, and not behind a long file
  const auto why = fmt::format("{} is to get {}", part.table->name, names_text(names));
  // The other connections would wait for the lock that this one holds.
  if (sides_) throw TryAnotherWay{{.path = Path::Direct, .format = way_.format, .alone = true}, why};
  if (way_.path == Path::Direct && !indexes_.any()) throw TryAnotherWay{{Path::Staged, way_.format}, why};
  if (!altered_) part.table = &altered_.emplace(*part.table);
  for (const auto& name : names) altered_->columns.push_back(text_column(name));
  if (way_.path == Path::Staged) add_to_temporary(target_.connection_, part.incoming, names);
  file().outcome.added_columns = names;
  to_add_ = std::move(names);
  if (way_.path == Path::Direct) add_columns(part);
}

void PostgresLoad::add_columns(const TablePart& part) {
  if (!to_add_.empty()) add_to_table(target_.connection_, *part.table, to_add_);
  to_add_.clear();
}

void PostgresLoad::refused(Error error) {
  if (way_.path == Path::Direct && error.sqlstate() == "23505") {
    throw TryAnotherWay{{Path::Staged, way_.format},
                        fmt::format("some of its rows are there already: {}", error.what())};
  }
  if (parts_.front().folded && error.sqlstate() == "21000")
    unfolded(fmt::format("two of its keys are one: {}", error.what()));
  if (!careful_ && aside_.takes(error)) carefully(error.describe());
  throw std::move(error).at(Step::Apply);
}

void PostgresLoad::carefully(const std::string& why) {
  throw TryAnotherWay{{Path::Staged, Format::Text, false}, "not all of its rows can be loaded: " + why};
}

void PostgresLoad::unfolded(const std::string& why) const {
  throw TryAnotherWay{{Path::Staged, way_.format, false}, why};
}

// Ends the COPY that is open.
void PostgresLoad::end_copies() {
  try {
    parts_.end_copies();
  } catch (const NotFolded& rows) {
    unfolded(rows.why);
  }
}

void PostgresLoad::add(const decode::ChangeBatch& batch) {
  const Timed timed(file().outcome.apply_seconds);
  try {
    if (!careful_ && !batch.bad.empty()) carefully(batch.bad.front().reason);
    auto& part = parts_.turn_to(batch.entity);
    if (!part.copy) begin_copy(part, batch);
    part.copy->add(batch);
  } catch (const NotFolded& rows) {
    unfolded(rows.why);
  } catch (const NotEncoded& value) {
    throw TryAnotherWay{
        {way_.path, Format::Text},
        fmt::format("line {}, column {}: the server is to read this value", value.line, value.column)};
  } catch (const Error& error) {
    refused(error);
  }
}

bool PostgresLoad::begin_later() {
  const Timed timed(file().outcome.apply_seconds);
  try {
    end_copies();
    return parts_.begin_later(target_.connection_);
  } catch (const Error& error) {
    refused(error);
  }
}

void PostgresLoad::add_later(const decode::ChangeBatch& batch) {
  const Timed timed(file().outcome.apply_seconds);
  try {
    parts_.add_later(batch);
  } catch (const Error& error) {
    refused(error);
  }
}

bool PostgresLoad::end_later() {
  const Timed timed(file().outcome.apply_seconds);
  try {
    return parts_.end_later();
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
    file().rejected = outcome.rejected = aside_.rows();
    next_event_base_ += file().reserved;
  } catch (const Error& error) {
    refused(error);
  }
  if (++current_ == files_.size()) return;
  if (way_.path == Path::Staged) target_.connection_.query("TRUNCATE " + parts_.front().incoming);
  begin_file();
}

void PostgresLoad::apply_staged(File& file) {
  for (auto& part : parts_.all()) {
    RowCounts effects;
    if (part.copied != 0) effects = apply_incoming(file, part);
    if (reloads()) {
      if (!snapshot_) snapshot_.emplace(target_.connection_, table_, part.incoming);
      snapshot_->add();
      if (current_ + 1 == files_.size()) remove_rest(file, effects);
    }
    took_effect(file, part, effects);
  }
}

void PostgresLoad::took_effect(File& file, TablePart& part, const RowCounts& effects) {
  part.brake.look(effects, [&] { return count_rows(target_.connection_, part.table->qualified); });
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
    target_.full_loads_.forget(table_.name);
    target_.full_load_goes_on_.clear();
    target_.gather_statistics(table_);
  }
  return outcomes;
}

RowCounts PostgresLoad::apply_incoming(File& file, TablePart& part) {
  add_columns(part);
  std::function<void()> prepare;
  if (file.facts.key_updates != 0) {
    prepare = [&] {
      keep_moved_onto(target_.connection_, *part.table, part.incoming,
                      present_in(*part.table, part.table->qualified));
    };
  }
  Applied applied;
  if (careful_) {
    applied = CarefulApply(target_.connection_, part.shown, part.incoming, aside_,
                           {prepare, [&](const auto& incoming) { return apply(file, part, incoming); }})
                  .run();
  } else {
    if (prepare) prepare();
    applied = apply(file, part, part.incoming);
  }
  auto& highest = file.outcome.max_event_id;
  if (applied.max_event_id) highest = std::max(highest.value_or(0), *applied.max_event_id);
  return applied.effects;
}

Applied PostgresLoad::apply(const File& file, const TablePart& part, const std::string& incoming) const {
  const auto& table = part.shown;
  const auto last = part.folded
                        ? fill(sql::last_folded, {{"incoming", incoming}})
                        : fill(sql::last_of_each,
                               {{"incoming", incoming}, {"key", table.key_list()}, {"row", row_column()}});
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
  if (sides_) sides_->commit();
  if (way_.more_follow) return;
  if (sides_) {
    // The rows of this connection too, for its COPY's lock would keep the others from building. Nor does any
    // of them hold a lock while it is waited for: what wants the table in between has its turn.
    connection.query("COMMIT");
    sides_->create(connection, indexes_.create_statements());
    connection.query("BEGIN");
    indexes_.attach(connection);
  } else {
    indexes_.build(connection);
  }
  if (target_.full_loads_.under_way().contains(table_.name)) target_.full_loads_.ended(table_.name);
}

// A reload, behind the last of its files: what none of them holds goes. It counts for the last file.
void PostgresLoad::remove_rest(File& file, RowCounts& effects) {
  auto& connection = target_.connection_;
  snapshot_->complete();
  const auto rows = connection.query(fill(sql::remove_rest, {{"table", table_.qualified},
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
    throw written_by_another().at(Step::Record);
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
