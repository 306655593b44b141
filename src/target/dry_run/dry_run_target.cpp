#include "target/dry_run/dry_run_target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/change_message.hpp"
#include "base/log.hpp"
#include "dry_run_sql.hpp"
#include "ledger_sql.hpp"
#include "target/changes/key_updates.hpp"
#include "target/changes/rejected_rows.hpp"
#include "target/changes/reload_keys.hpp"
#include "target/changes/row_isolation.hpp"
#include "target/changes/table_load.hpp"
#include "target/postgres/sql_template.hpp"
#include "target/schema/add_columns.hpp"

namespace peo::target {

// A group in a dry run, one file after the other; nothing to roll back, since the whole run is rolled back.
class DryRunLoad final : public DeliveryLoad {
 public:
  DryRunLoad(DryRunTarget& target, std::span<const Delivery> group)
      : target_(target),
        group_(group.begin(), group.end()),
        parts_(target.tables_, group, target.options_.removal_limit),
        rejected_(target.connection_, target.options_.bad_rows, "") {
    for (auto& part : parts_.all()) {
      part.staging = target_.staging_tables_.of(*part.table);
      target_.overlay_of(*part.table);
    }
    if (target_.options_.bad_rows.action == BadRows::QuarantineDelivery) {
      before_.emplace(target_);
      target_.connection_.query("SAVEPOINT delivery");
    }
    begin_file();
  }

  ~DryRunLoad() override {
    if (outcomes_.size() == group_.size()) return;
    if (before_) {
      target_.connection_.rollback("delivery");
      if (target_.connection_.usable()) {
        before_->restore(target_);
        return;
      }
    }
    target_.predicting_ = false;
    target_.connection_.rollback();
  }

  void add(const decode::ChangeBatch& batch) override {
    at_apply([&] {
      auto& part = parts_.switch_to(batch.entity);
      if (!part.copy) begin_copy(part, batch);
      part.copy->add(batch);
    });
  }

  bool begin_newer() override {
    bool left = false;
    at_apply([&] { left = parts_.begin_newer(target_.connection_); });
    return left;
  }

  void add_newer(const decode::ChangeBatch& batch) override { parts_.add_newer(batch); }

  bool end_newer() override { return parts_.end_newer(); }

  void end_file(const FileStats& facts) override {
    at_apply([&] { apply(facts); });
    if (outcomes_.size() != group_.size()) begin_file();
  }

  std::vector<Outcome> commit() override {
    if (before_) target_.connection_.query("RELEASE SAVEPOINT delivery");
    for (const auto& outcome : outcomes_) target_.say_effects(outcome);
    return outcomes_;
  }

 private:
  // What the target has predicted before this group: a group that is quarantined leaves no trace.
  struct Before {
    explicit Before(const DryRunTarget& target)
        : last_event_id(target.last_event_id_),
          last_delivery_id(target.last_delivery_id_),
          answered(target.answered_),
          planned_changes(target.planned_changes_),
          tables(target.tables_),
          overlays(target.overlays_) {}
    void restore(DryRunTarget& target) const {
      target.last_event_id_ = last_event_id;
      target.last_delivery_id_ = last_delivery_id;
      target.answered_ = answered;
      target.planned_changes_ = planned_changes;
      for (const auto& [name, table] : tables) target.tables_.at(name).columns = table.columns;
      target.overlays_ = overlays;
    }
    std::uint64_t last_event_id, last_delivery_id;
    std::set<std::uint64_t> answered;
    PlannedChanges planned_changes;
    std::map<std::string, Table> tables;
    std::map<std::string, DryRunTarget::Overlay> overlays;
  };

  static void at_apply(const std::function<void()>& work) {
    try {
      work();
    } catch (Error& error) {
      error.at(Step::Apply);
      throw;
    }
  }

  void begin_file() {
    std::string staging;
    for (const auto& part : parts_.all()) {
      target_.overlay_of(*part.table);
      staging += (staging.empty() ? "" : ", ") + part.staging;
    }
    target_.connection_.query("TRUNCATE " + staging);
    parts_.begin_file();
    for (auto& part : parts_.all()) part.shown = *part.table;
    rejected_.begin_delivery(target_.next_delivery_id());
    if (rejected_.enabled()) begin_row_positions(target_.connection_);
  }

  void begin_copy(TableLoad& part, const decode::ChangeBatch& batch) {
    get_columns(part, part.table->missing_columns(*batch.mapping));
    part.shown = part.table->projected(*batch.mapping);
    auto& carried = target_.overlays_.at(part.table->name).carried;
    for (const auto& column : part.shown.columns) carried.insert(column.name);
    if (rejected_.enabled()) {
      part.copy = std::make_unique<IsolatingCopy>(target_.connection_, part.shown, part.staging, rejected_);
    } else {
      part.copy = std::make_unique<RowCopy>(target_.connection_, part.shown, Format::Text, part.staging);
    }
  }

  // What the table would get, its stand-ins get.
  void get_columns(const TableLoad& part, const std::vector<std::string>& names) {
    if (names.empty()) return;
    auto& connection = target_.connection_;
    if (target_.tables_as_ == DryRunTarget::Tables::AsTheyAre)
      check_new_columns(connection, *part.table, names);
    auto& overlay = target_.overlays_.at(part.table->name);
    add_to_temporary(connection, part.staging, names);
    add_to_temporary(connection, overlay.rows, names);
    std::string columns;
    for (const auto& name : names)
      columns += fmt::format("{}NULL::text AS {}", columns.empty() ? "" : ", ", quoted_identifier(name));
    auto view = fmt::format("pg_temp.as_it_will_be_{}", ++target_.views_);
    connection.query(
        fill(sql::dry_new_columns, {{"view", view}, {"columns", columns}, {"base", overlay.base}}));
    overlay.base = std::move(view);
    overlay.added.insert(names.begin(), names.end());
    auto& columns_of_it = target_.tables_.at(part.table->name).columns;  // the part looks at it
    for (const auto& name : names) columns_of_it.push_back(text_column(name));
    added_ = names;
  }

  void apply(const FileStats& facts) {
    parts_.end_copies();
    const auto& delivery = group_[outcomes_.size()];
    Outcome outcome;
    outcome.delivery_id = target_.next_delivery_id();
    outcome.rows_read = facts.rows;
    std::uint64_t more = 0;
    for (auto& part : parts_.all()) {
      if (!part.any && !reloads()) continue;
      auto effects = apply_part(facts, part, outcome);
      if (reloads()) {
        if (!reload_keys_) reload_keys_.emplace(target_.connection_, *part.table, part.staging);
        reload_keys_->add();
        if (outcomes_.size() + 1 == group_.size()) more += remove_rest(facts, part, outcome, effects);
      }
      if (target_.tables_as_ != DryRunTarget::Tables::Empty)
        part.removals.check(effects, [&] { return count_predicted_rows(part); });
      if (effects.any()) outcome.stats[part.table->name] = effects;
    }
    outcome.rejected = rejected_.rows();
    outcome.added_columns = std::exchange(added_, {});
    target_.remember(delivery, outcome, "loaded", facts);
    note(delivery, outcome);
    target_.last_event_id_ += facts.changes + more;
    target_.last_delivery_id_ = outcome.delivery_id;
    outcomes_.push_back(std::move(outcome));
  }

  RowCounts apply_part(const FileStats& facts, TableLoad& part, Outcome& outcome) {
    if (target_.tables_as_ == DryRunTarget::Tables::Empty) note_doubtful(part);
    const auto prepare = [&] {
      if (facts.key_updates != 0) keep_moved(part);
      if (part.shown.columns.size() != part.table->columns.size()) keep_other_columns(part);
    };
    Applied applied;
    if (rejected_.enabled()) {
      const auto apply = [&](const auto& some) { return apply_incoming(part, some, outcome.delivery_id); };
      applied =
          IsolatingApply(target_.connection_, part.shown, part.staging, rejected_, {prepare, apply}).run();
    } else {
      prepare();
      applied = apply_incoming(part, part.staging, outcome.delivery_id);
    }
    if (applied.max_event_id)
      outcome.max_event_id = std::max(outcome.max_event_id.value_or(0), *applied.max_event_id);
    return applied.effects;
  }

  void keep_moved(const TableLoad& part) {
    const auto& table = *part.table;
    const auto& names = target_.overlay_of(table);
    drop_stale_deletes(target_.connection_, table, part.staging,
                       fmt::format("({} OR {} AND NOT {})", exists_in(table, names.rows),
                                   exists_in(table, names.base), exists_in(table, names.removed)));
  }

  Applied apply_incoming(const TableLoad& part, const std::string& staging, std::uint64_t delivery_id) {
    const auto& table = *part.table;
    const auto& overlay = target_.overlay_of(table);
    const auto rows =
        target_.connection_.query(fill(sql::dry_apply, {{"key", table.key_list()},
                                                        {"staging", staging},
                                                        {"row", row_column()},
                                                        {"op", operation_column()},
                                                        {"table", overlay.base},
                                                        {"overlay", overlay.rows},
                                                        {"removed", overlay.removed},
                                                        {"same_key_o", table.same_key("o", "last")},
                                                        {"same_key_t", table.same_key("t", "last")},
                                                        {"same_key_r", table.same_key("r", "last")},
                                                        {"columns", part.shown.column_list()},
                                                        {"assignments", part.shown.assignments()},
                                                        {"differs", part.shown.differs("t", "last")}}),
                                  {std::to_string(target_.last_event_id_), std::to_string(delivery_id)});
    const auto count = [&](int column) { return static_cast<std::uint64_t>(rows.number(0, column)); };
    Applied applied;
    applied.effects = {count(0), count(1), count(2)};
    if (!rows.null(0, 3)) applied.max_event_id = count(3);
    return applied;
  }

  std::uint64_t count_predicted_rows(const TableLoad& part) {
    const auto& table = *part.table;
    const auto& overlay = target_.overlay_of(table);
    const auto rows =
        target_.connection_.query(fill(sql::dry_count, {{"table", overlay.base},
                                                        {"overlay", overlay.rows},
                                                        {"removed", overlay.removed},
                                                        {"same_key_o", table.same_key("o", "t")},
                                                        {"same_key_r", table.same_key("r", "t")}}));
    return static_cast<std::uint64_t>(rows.number(0, 0));
  }

  void note_doubtful(const TableLoad& part) {
    const auto& table = *part.table;
    if (group_[outcomes_.size()].kind != DeliveryKind::Change) return;
    target_.connection_.query(fill(sql::verify_doubtful, {{"staging", part.staging},
                                                          {"row", row_column()},
                                                          {"op", operation_column()},
                                                          {"key", table.key_list()},
                                                          {"key_json", table.key_json("first")},
                                                          {"expected", target_.overlay_of(table).rows},
                                                          {"same_key", table.same_key("e", "first")}}));
  }

  // The overlay holds whole rows: what the file doesn't carry is what was there.
  void keep_other_columns(const TableLoad& part) {
    const auto& table = *part.table;
    const auto& overlay = target_.overlay_of(table);
    target_.connection_.query(fill(sql::dry_keep, {{"staging", part.staging},
                                                   {"op", operation_column()},
                                                   {"table", overlay.base},
                                                   {"overlay", overlay.rows},
                                                   {"removed", overlay.removed},
                                                   {"same_key_t", table.same_key("t", "i")},
                                                   {"same_key_r", table.same_key("r", "t")},
                                                   {"columns", table.column_list()}}));
  }

  bool reloads() const { return group_.front().arrival == Arrival::Reload; }

  // Gives how many rows would go.
  std::uint64_t remove_rest(const FileStats& facts, const TableLoad& part, Outcome& outcome,
                            RowCounts& effects) {
    const auto& table = *part.table;
    reload_keys_->complete();
    const auto& overlay = target_.overlay_of(table);
    const auto rows =
        target_.connection_.query(fill(sql::dry_remove_rest, {{"table", overlay.base},
                                                              {"key", table.key_list()},
                                                              {"overlay", overlay.rows},
                                                              {"removed", overlay.removed},
                                                              {"same_key_kept", table.same_key("t", "kept")},
                                                              {"same_key_o", table.same_key("o", "t")},
                                                              {"same_key_r", table.same_key("r", "t")}}),
                                  {std::to_string(target_.last_event_id_ + facts.changes)});
    target_.connection_.query("SET LOCAL enable_hashjoin = off");
    const auto removed = static_cast<std::uint64_t>(rows.number(0, 0));
    effects.removed += removed;
    if (removed != 0) outcome.max_event_id = static_cast<std::uint64_t>(rows.number(0, 1));
    return removed;
  }

  // Rows by where they were read, effects by where they went.
  void note(const Delivery& delivery, const Outcome& outcome) {
    auto& planned_changes = target_.planned_changes_;
    auto& sums = planned_changes.by_entity[delivery.entity];
    ++sums.deliveries;
    sums.rows_read += outcome.rows_read;
    for (const auto& [entity, effects] : outcome.stats) planned_changes.by_entity[entity].effects += effects;
    if (planned_changes.first.size() >= PlannedChanges::most) return;
    planned_changes.first.push_back({delivery.object.key, delivery.entity, delivery.kind, outcome.rows_read,
                                     outcome.stats, outcome.added_columns});
  }

  DryRunTarget& target_;
  std::vector<Delivery> group_;
  TableLoads parts_;
  std::vector<Outcome> outcomes_;
  std::vector<std::string> added_;         // columns that the table would get for the file in work
  std::optional<ReloadKeys> reload_keys_;  // of a reload
  RejectedRows rejected_;
  std::optional<Before> before_;
};

DryRunTarget::DryRunTarget(TargetOptions options, const Cancellation& stop, Tables tables)
    : options_(std::move(options)),
      tables_as_(tables),
      connection_(options_.conninfo, stop, {.on_wait = options_.on_wait}),
      staging_tables_(connection_),
      migrations_(migrations_of(options_.entities)) {}

// The real table, or the temporary one that stands in for it.
std::string DryRunTarget::own(const char* table) {
  return (table_exists(connection_, schema_, table) ? quoted_identifier(schema_) : std::string("pg_temp")) +
         "." + table;
}

void DryRunTarget::open() {
  staging_tables_.forget();
  overlays_.clear();
  views_ = 0;
  answered_.clear();
  planned_changes_ = {};
  connection_.connect();
  schema_ = begin_session(connection_);
  connection_.query(std::string(sql::dry_begin));
  read_tables(connection_, schema_);
  create_temporary(connection_, schema_, migrations_);
  tables_ = read_tables(connection_, schema_);
  connection_.script(fill(sql::dry_ledger, {{"ledger", own("loader_deliveries")},
                                            {"entities", own("loader_delivery_entities")}}));
  const auto state = connection_.query(fill(sql::state, {{"state", own("loader_state")}}));
  last_event_id_ = static_cast<std::uint64_t>(state.number(0, 1));
  last_delivery_id_ = static_cast<std::uint64_t>(state.number(0, 2));
  predicting_ = true;
}

std::vector<std::string> DryRunTarget::tables() const {
  std::vector<std::string> names;
  for (const auto& [name, table] : tables_) names.push_back(name);
  return names;
}

TableColumns DryRunTarget::columns(const std::string& table) const {
  return tables_.at(table).file_columns();
}

const DryRunTarget::Overlay& DryRunTarget::overlay_of(const Table& table) {
  const auto found = overlays_.find(table.name);
  if (found != overlays_.end()) return found->second;
  const auto number = overlays_.size() + 1;
  Overlay overlay{fmt::format("pg_temp.overlay_{}", number),
                  fmt::format("pg_temp.removed_{}", number),
                  table.qualified,
                  {},
                  {}};
  connection_.script(fill(sql::dry_overlay, {{"overlay", overlay.rows},
                                             {"removed", overlay.removed},
                                             {"table", table.qualified},
                                             {"key", table.key_list()}}));
  if (tables_as_ == Tables::Empty) {
    overlay.base = fmt::format("pg_temp.empty_{}", number);
    connection_.script(fill(sql::dry_empty, {{"empty", overlay.base}, {"table", table.qualified}}));
  }
  return overlays_.emplace(table.name, std::move(overlay)).first->second;
}

std::unique_ptr<DeliveryLoad> DryRunTarget::begin(std::span<const Delivery> group, Way /*way*/) {
  return std::make_unique<DryRunLoad>(*this, group);
}

std::map<std::string, LedgerEntry> DryRunTarget::find(std::span<const std::string> object_keys) {
  return find_in(connection_, "pg_temp.dry_ledger", object_keys);
}

std::map<std::string, EntityState> DryRunTarget::states(std::span<const std::string> entities,
                                                        std::uint64_t look_back_files) {
  return states_in(connection_, dry_ledger(), entities, look_back_files);
}

std::vector<LoadedObject> DryRunTarget::loaded_after(const std::string& entity, int generation,
                                                     const Position& after, std::size_t limit) {
  return loaded_after_in(connection_, dry_ledger(), entity, generation, after, limit);
}

std::vector<OpenRequest> DryRunTarget::open_requests() {
  auto open = open_requests_in(connection_, own("loader_requests"));
  std::erase_if(open, [&](const OpenRequest& one) { return answered_.contains(one.request.id); });
  return open;
}

void DryRunTarget::remember(const Delivery& delivery, const Outcome& outcome, const std::string& status,
                            const FileStats& facts) {
  const auto text = [](const auto& value) { return fmt::format("{}", value); };
  const auto effects = sum_of(outcome.stats);
  connection_.query(
      std::string(sql::dry_record),
      {text(outcome.delivery_id), delivery.object.key, text(delivery.generation), delivery.object.etag,
       delivery.entity, to_string(delivery.kind), timestamp(delivery.name_time), text(outcome.rows_read),
       text(effects.created), text(effects.amended), text(effects.removed),
       outcome.max_event_id ? Parameter(text(*outcome.max_event_id)) : std::nullopt, text(delivery.revision),
       facts.sha256, text(delivery.object.size), timestamp(delivery.object.last_modified), status});
  record_entities(connection_, "pg_temp.predicted_entities", outcome.delivery_id,
                  delivery.name_time.value_or(Time{}), carried_rows(facts, outcome.stats));
  if (delivery.request) answered_.insert(delivery.request->id);
}

std::uint64_t DryRunTarget::record_not_loaded(const Delivery& delivery, NotLoaded how,
                                              const std::string& /*reason*/) {
  Outcome outcome;
  outcome.delivery_id = next_delivery_id();
  remember(delivery, outcome, how == NotLoaded::Skipped ? "skipped" : "quarantined", {});
  last_delivery_id_ = outcome.delivery_id;
  return outcome.delivery_id;
}

// As one more turn of the same delivery.
void DryRunTarget::update_etag(const Delivery& delivery) {
  Outcome outcome;
  outcome.delivery_id = delivery.previous_id;
  FileStats facts;
  facts.sha256 = delivery.previous_sha256;
  remember(delivery, outcome, "loaded", facts);
}

}  // namespace peo::target
