#include "target/changes/staged_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/sql_template.hpp"
#include "changes_sql.hpp"
#include "target/changes/key_updates.hpp"
#include "target/changes/other_rows.hpp"
#include "target/changes/partial_keys.hpp"
#include "target/changes/unlogged_columns.hpp"
#include "target/copy/field_form.hpp"
#include "target/copy/partial_key.hpp"
#include "target/schema/add_columns.hpp"

namespace peo::target {

StagedLoad::StagedLoad(Session& session, Staging& staging, std::span<const Delivery> group, LoadMethod method)
    : session_(session),
      staging_(staging),
      method_(method),
      records_(session, group),
      parts_(session, staging.tables, group),
      rejected_(session),
      together_(method == LoadMethod::StagedTogether),
      isolating_(method == LoadMethod::StagedRows) {
  const Timed timed(records_.current().outcome.apply_seconds);
  try {
    session_.begin(parts_.staging());
    // A deferred constraint would be checked only at the commit, when no row can be rejected any more.
    if (isolating_) session_.connection().query("SET CONSTRAINTS ALL IMMEDIATE");
    begin_file();
  } catch (...) {
    session_.rollback();
    throw;
  }
}

StagedLoad::~StagedLoad() {
  if (!committed_) session_.rollback();
}

void StagedLoad::begin_file() {
  records_.begin_file();
  parts_.begin_file();
  rejected_.begin_delivery(records_.current().outcome.delivery_id);
  if (isolating_) begin_row_positions(session_.connection());
}

// Call with the first rows of the file, which show its columns.
void StagedLoad::begin_copy(TableLoad& part, const decode::ChangeBatch& batch) {
  auto& connection = session_.connection();
  if (const auto names = part.table->missing_columns(*batch.mapping); !names.empty()) grow(part, names);
  const auto before = std::exchange(part.projected, part.table->projected(*batch.mapping));
  if (together_) {
    check_same_columns(part, before);
    part.copy = RowCopy::behind(connection, part.projected, part.staging,
                                records_.current().event_base - records_.front().event_base);
    return;
  }
  if (isolating_) {
    part.copy = std::make_unique<IsolatingCopy>(connection, part.projected, part.staging, rejected_);
    return;
  }
  // Compaction keeps rows until the file's end, and a connection shares one buffer for it: so only files of
  // one table are compacted.
  if (method_ == LoadMethod::Compacted && !parts_.several())
    part.copy = CompactedCopy::of(connection, part.projected, part.staging, staging_.compaction);
  part.compacted = part.copy != nullptr;
  if (part.compacted) return;
  const auto format = method_ == LoadMethod::StagedText ? Format::Text : Format::Binary;
  part.copy = std::make_unique<RowCopy>(connection, part.projected, format, part.staging);
}

// One statement applies all files, so they must have the same columns. If they don't, the conflicting row
// counts as a bad row.
void StagedLoad::check_same_columns(const TableLoad& part, const Table& before) const {
  if (before.columns.empty() || before.column_list() == part.projected.column_list()) return;
  throw bad_row("a unique value already exists, and the files have different columns");
}

// SCHEMA_DRIFT=add needs a header, and a file with a header is of one table. The staging table gets the
// columns now, the table itself only after the last row: from then on it is locked against readers.
void StagedLoad::grow(TableLoad& part, const std::vector<std::string>& names) {
  session_.check_new_columns(*part.table, names);  // before a long file is read, not after
  add_to_temporary(session_.connection(), part.staging, names);
  if (!altered_) part.table = &altered_.emplace(*part.table);
  const auto delivery_id = records_.current().outcome.delivery_id;
  for (const auto& name : names) altered_->columns.push_back(added_column({name}, delivery_id));
  to_add_.emplace(names);
}

// All rows are in the staging table: the lock lasts from here to the commit only. The types are known by now.
// Of several files that are applied one by one in one transaction, the first doesn't show the values of the
// others.
void StagedLoad::add_columns(TableLoad& part) {
  auto columns = std::exchange(to_add_, std::nullopt)->columns();
  if (!records_.single() && !together_) {
    for (auto& column : columns) column.type = "text";
  }
  const auto delivery_id = records_.current().outcome.delivery_id;
  session_.add_columns(*part.table, columns, delivery_id);
  retype_temporary(session_.connection(), part.staging, columns);
  for (const auto& column : columns) {
    const auto typed = added_column(column, delivery_id);
    for (auto* list : {&altered_->columns, &part.projected.columns})
      std::ranges::replace_if(
          *list, [&](const Column& one) { return one.name == column.name; }, typed);
  }
  records_.current().outcome.added_columns = std::move(columns);
}

void StagedLoad::refused(Error error) const {
  // 21000 cardinality_violation: ON CONFLICT met one key twice. The encodings of two keys differ although the
  // server considers the keys equal, so the server must compare them.
  const bool compacted = std::ranges::any_of(parts_.all(), &TableLoad::compacted);
  if (compacted && error.sqlstate() == "21000") {
    throw FallBack{FallBack::Reason::NotCompactable,
                   fmt::format("two of its keys are equal: {}", error.what())};
  }
  if (records_.reloads() && !records_.single() && violates_uniqueness(error) && !together_ && !isolating_)
    throw FallBack{FallBack::Reason::UniqueAcrossFiles, error.what()};
  const bool found = error.place().line != 0 && !error.place().column.empty() && !session_.rejects_rows();
  if (!isolating_ && !found && refuses_row(error)) throw bad_row(error.what());
  throw std::move(error).at(Step::Apply);
}

// Runs a piece of step 5: adds its time to the file's, and turns exceptions into a FallBack where there is
// one.
template <class Work>
auto StagedLoad::timed(const Work& work) {
  const Timed timed(records_.current().outcome.apply_seconds);
  try {
    return work();
  } catch (const NotCompacted& rows) {
    throw FallBack{FallBack::Reason::NotCompactable, rows.why};
  } catch (const NotEncoded& value) {
    throw fall_back(value);
  } catch (const Error& error) {
    refused(error);
  }
}

void StagedLoad::add(const decode::ChangeBatch& batch) {
  if (!isolating_ && !batch.bad.empty()) throw bad_row(batch.bad.front().reason);
  // Only text format carries which columns are unlogged (row_copy.hpp), and which row has a value for one is
  // known only after all rows are staged.
  if (batch.unlogged && (method_ == LoadMethod::Compacted || method_ == LoadMethod::Staged)) {
    throw FallBack{FallBack::Reason::ValueNotEncoded,
                   "columns that the source's log lacks (no_sup_value) keep their values"};
  }
  timed([&] {
    auto& part = parts_.switch_to(batch.entity);
    if (batch.unlogged) part.unlogged = true;
    if (!part.copy) begin_copy(part, batch);
    check_keys(part, batch);
    part.copy->add(batch);
    if (to_add_) to_add_->add(batch);
    count_empty_texts(batch, part.projected, records_.current().outcome.empty_texts);
  });
}

void StagedLoad::check_keys(TableLoad& part, const decode::ChangeBatch& batch) const {
  const KeyCheck check(part.projected);
  const auto keys = target::check_keys(check, batch);
  // A bad row is found again by IsolatingCopy.
  if (keys.bad && !isolating_) throw bad_row(check.error(batch, *keys.bad).what());
  if (!keys.partial) return;
  if (part.compacted) throw NotCompacted{"a row has only a part of the primary key"};
  part.partial = true;
}

bool StagedLoad::begin_newer() {
  return timed([&] { return parts_.begin_newer(session_.connection()); });
}

void StagedLoad::add_newer(const decode::ChangeBatch& batch) {
  timed([&] { parts_.add_newer(batch); });
}

bool StagedLoad::end_newer() {
  return timed([&] { return parts_.end_newer(); });
}

void StagedLoad::end_file(const FileStats& facts) {
  timed([&] {
    parts_.end_copies();
    records_.read(facts, parts_.copied());
    if (!together_ || records_.at_last()) apply_tables(facts);
    records_.current().outcome.rejected = rejected_.rows();
  });
  if (!records_.end_file()) return;
  // Another file of the reload follows: staging tables empty themselves only at the commit. A reload has one
  // table.
  if (!together_) session_.connection().query("TRUNCATE " + parts_.front().staging);
  begin_file();
}

void StagedLoad::apply_tables(const FileStats& facts) {
  for (auto& part : parts_.all()) {
    RowCounts counts;
    const auto end_reload = [&] {
      if (!reload_keys_) reload_keys_.emplace(session_.connection(), *part.table, part.staging);
      reload_keys_->add();
      if (records_.at_last()) remove_missing(part, counts);
    };
    // Removed rows may have to release a unique value first. Otherwise afterwards: then a row that is
    // rejected counts as missing.
    const bool first = part.table->other_unique;
    if (records_.reloads() && first) end_reload();
    if (part.copied != 0 || together_) counts += apply_table(part, facts);
    if (records_.reloads() && !first) end_reload();
    // Before the commit: what it throws rolls the delivery back.
    part.removals.check(counts, [&] { return session_.count_rows(*part.table); });
    if (counts.any()) records_.current().outcome.stats[part.table->name] = counts;
  }
}

RowCounts StagedLoad::apply_table(TableLoad& part, const FileStats& facts) {
  auto& connection = session_.connection();
  if (to_add_) add_columns(part);
  session_.prepare_rows(part.projected, part.staging, records_.current().delivery.kind);
  auto& reserved = records_.current().reserved;
  const auto last_row = reserved;
  const auto prepare = [&] {
    // One more than may be rejected, so that the delivery then fails.
    const auto most = rejected_.remaining() + 1;
    if (part.partial) {
      auto incomplete = complete_keys(connection, part.projected, part.staging, most);
      if (!incomplete.empty()) return incomplete;
    }
    auto refused = part.unlogged ? fill_unlogged(connection, part.projected, part.staging, most)
                                 : std::vector<RefusedChange>();
    // Reads all staging rows in order, so only where a key does change.
    if (facts.key_updates != 0) drop_stale_deletes(connection, *part.table, part.staging);
    // A reload removes them with all other rows that its files lack.
    if (part.projected.wider_than_source() && !records_.reloads())
      reserved = last_row + remove_other_rows(connection, part.projected, part.staging, last_row);
    return refused;
  };
  Applied applied;
  if (isolating_) {
    const auto apply_some = [&](const auto& rows) { return apply(part, rows); };
    applied =
        IsolatingApply(connection, part.projected, part.staging, rejected_, {prepare, apply_some}).run();
  } else {
    if (const auto refused = prepare(); !refused.empty()) throw bad_row(refused.front().error.what());
    applied = apply(part, part.staging);
  }
  auto& highest = records_.current().outcome.max_event_id;
  if (applied.max_event_id) highest = std::max(highest.value_or(0), *applied.max_event_id);
  return applied.effects;
}

// `rows`: the staging table, or an SQL expression for some of its rows.
//
// A unique value may move between rows of the file: row 1 releases it and row 2 gets it. The source allowed
// that, but an index is checked row by row, and the statement has no defined order. So if the first attempt
// is refused, the affected rows are replaced instead.
Applied StagedLoad::apply(const TableLoad& part, const std::string& rows) {
  const auto& table = part.projected;
  if (table.cannot_update() && !table.deletes_act) return replace(part, rows);
  if (!table.other_unique || table.deletes_act) return update(part, rows);
  auto& connection = session_.connection();
  connection.query("SAVEPOINT in_place");
  try {
    auto applied = update(part, rows);
    connection.query("RELEASE SAVEPOINT in_place");
    return applied;
  } catch (const Error& error) {
    if (!violates_uniqueness(error)) throw;
    connection.query("ROLLBACK TO SAVEPOINT in_place");
    connection.query("RELEASE SAVEPOINT in_place");
  }
  return replace(part, rows);
}

Applied StagedLoad::update(const TableLoad& part, const std::string& rows) {
  const auto& table = part.projected;
  return run(fill(sql::apply, {{"last", last_of(part, rows)},
                               {"key", table.key_list()},
                               {"row", row_column()},
                               {"op", operation_column()},
                               {"table", table.qualified},
                               {"same_key", table.same_key("t", "last")},
                               {"table_key", table.key_list("t")},
                               {"key_json", table.key_json("gone")},
                               {"removals", session_.own("loader_removals")},
                               {"columns", table.column_list()},
                               {"assignments", table.assignments()},
                               {"differs", table.differs("t", "excluded")},
                               {"present", table.present_rows()},
                               {"new_row", table.new_row("t")},
                               {"is_new", table.is_new("upserted")}}),
             table);
}

Applied StagedLoad::replace(const TableLoad& part, const std::string& rows) {
  const auto& table = part.projected;
  // Columns that the file doesn't carry: a row that is replaced keeps them.
  auto kept = *part.table;
  std::erase_if(kept.columns, [&](const Column& column) {
    return std::ranges::find(table.columns, column.name, &Column::name) != table.columns.end();
  });
  const auto kept_columns = [&](const std::string& alias) {
    return kept.columns.empty() ? std::string() : kept.column_list(alias) + ", ";
  };
  // It joins two results that the planner knows nothing of; session.sql has switched hash joins off.
  session_.connection().query("SET LOCAL enable_hashjoin = on");
  auto applied = run(fill(sql::replace, {{"last", last_of(part, rows)},
                                         {"row", row_column()},
                                         {"op", operation_column()},
                                         {"table", table.qualified},
                                         {"same_key", table.same_key("t", "last")},
                                         {"same_present_key", table.same_key("present", "last")},
                                         {"first_key", quoted_identifier(table.key().front()->name)},
                                         {"table_key", table.key_list("t")},
                                         {"key_json", table.key_json("gone")},
                                         {"removals", session_.own("loader_removals")},
                                         {"columns", table.column_list()},
                                         {"new_columns", table.column_list("last")},
                                         {"kept_columns", kept_columns("")},
                                         {"table_kept_columns", kept_columns("t")},
                                         {"gone_kept_columns", kept_columns("gone")},
                                         {"differs_from_last", table.differs("t", "last")}}),
                     table);
  session_.connection().query("SET LOCAL enable_hashjoin = off");
  return applied;
}

std::string StagedLoad::last_of(const TableLoad& part, const std::string& rows) {
  if (part.compacted) return fill(sql::compacted_rows, {{"staging", rows}});
  return fill(sql::last_row_per_key,
              {{"staging", rows}, {"key", part.projected.key_list()}, {"row", row_column()}});
}

Applied StagedLoad::run(const std::string& statement, const Table& table) {
  const auto& file = records_.current();
  // The rows of all files are numbered from the first one's.
  const auto event_base = together_ ? records_.front().event_base : file.event_base;
  const auto result = session_.connection().query(
      statement, {std::to_string(event_base), std::to_string(file.outcome.delivery_id), table.name});
  Applied applied;
  applied.effects = {result.count(0, 0), result.count(0, 1), result.count(0, 2)};
  if (!result.null(0, 3)) applied.max_event_id = result.count(0, 3);
  return applied;
}

// For a reload, after its last file: removes rows that none of its files holds. They count for the last file,
// and their event_ids follow those of its rows.
void StagedLoad::remove_missing(const TableLoad& part, RowCounts& counts) {
  auto& file = records_.current();
  const auto& table = *part.table;
  session_.prepare_all_rows(table);
  reload_keys_->complete();
  const auto rows = session_.connection().query(
      fill(sql::delete_missing, {{"table", table.qualified},
                                 {"same_key", table.same_key("t", "kept")},
                                 {"missing_key", table.same_key("t", "missing")},
                                 {"key", table.key_list()},
                                 {"first_key", quoted_identifier(table.key().front()->name)},
                                 {"table_key", table.key_list("t")},
                                 {"key_json", table.key_json("gone")},
                                 {"removals", session_.own("loader_removals")}}),
      {std::to_string(file.event_base + file.reserved), std::to_string(file.outcome.delivery_id),
       file.delivery.entity});
  session_.connection().query("SET LOCAL enable_hashjoin = off");  // a dry run continues in this transaction
  const auto removed = rows.count(0, 0);
  if (removed == 0) return;
  counts.removed += removed;
  file.reserved += removed;
  file.outcome.max_event_id = rows.count(0, 1);
}

std::vector<Outcome> StagedLoad::commit() {
  // A deferred constraint may refuse a row only now.
  auto outcomes = timed([&] { return records_.commit(); });
  committed_ = true;
  // Only after the commit: a rolled back load leaves the table as it was.
  if (altered_) session_.tables().at(altered_->name).columns = altered_->columns;
  return outcomes;
}

}  // namespace peo::target
