#include "target/dry_run_target.hpp"

#include <fmt/format.h>

#include <functional>

#include "base/change_message.hpp"
#include "base/log.hpp"
#include "target/careful.hpp"
#include "target/later_keys.hpp"
#include "target/moved_keys.hpp"
#include "target/postgres/sql_template.hpp"
#include "target/remove_brake.hpp"
#include "target/set_aside.hpp"
#include "target/snapshot_keys.hpp"
#include "target_sql.hpp"

namespace peo::target {

// A group in a dry run, one file after the other; nothing to roll back, since the whole run is rolled back.
class DryRunLoad final : public DeliveryLoad {
 public:
  DryRunLoad(DryRunTarget& target, std::span<const FoundDelivery> group)
      : target_(target),
        group_(group.begin(), group.end()),
        table_(target.tables_.at(group.front().entity)),
        brake_(target.options_.remove_limit, group),
        aside_(target.connection_, target.options_.bad_rows, ""),
        before_(target.options_.bad_rows.action == BadRows::QuarantineDelivery ? std::optional<Before>(target)
                                                                               : std::nullopt) {
    target_.incoming_.of(table_);
    target_.overlay_of(table_);
    if (before_) target_.connection_.query("SAVEPOINT delivery");
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
      if (!copy_) begin_copy(batch);
      copy_->add(batch);
    });
  }

  bool begin_later() override {
    bool left = false;
    at_apply([&] {
      if (copy_) copy_->end();
      copy_.reset();
      later_.emplace(target_.connection_, table_, target_.incoming_.of(table_));
      left = later_->any_left();
    });
    return left;
  }

  void add_later(const decode::ChangeBatch& batch) override { later_->add(batch); }

  bool end_later() override {
    later_->end_delivery();
    return later_->any_left();
  }

  void end_file(const ReadFacts& facts) override {
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
          predictions(target.predictions_) {}
    void restore(DryRunTarget& target) const {
      target.last_event_id_ = last_event_id;
      target.last_delivery_id_ = last_delivery_id;
      target.answered_ = answered;
      target.predictions_ = predictions;
    }
    std::uint64_t last_event_id, last_delivery_id;
    std::set<std::uint64_t> answered;
    Predictions predictions;
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
    const auto& incoming = target_.incoming_.of(table_);
    target_.overlay_of(table_);
    target_.connection_.query("TRUNCATE " + incoming);
    file_table_ = table_;
    copy_.reset();
    aside_.begin_delivery(target_.next_delivery_id());
    if (aside_.wanted()) begin_places(target_.connection_);
  }

  void begin_copy(const decode::ChangeBatch& batch) {
    file_table_ = table_.as_carried(*batch.carried);
    auto& carried = target_.overlays_.at(table_.name).carried;
    for (const auto& column : file_table_.columns) carried.insert(column.name);
    const auto& incoming = target_.incoming_.of(table_);
    if (aside_.wanted()) {
      copy_ = std::make_unique<CarefulCopy>(target_.connection_, file_table_, incoming, aside_);
    } else {
      copy_ = std::make_unique<RowCopy>(target_.connection_, file_table_, Format::Text, incoming);
    }
  }

  void apply(const ReadFacts& facts) {
    if (copy_) copy_->end();
    if (target_.tables_as_ == DryRunTarget::Tables::Empty) note_doubtful();
    const bool moves = facts.changes > facts.rows - aside_.rows();
    const auto prepare = [&] {
      if (moves) keep_moved();
      if (file_table_.columns.size() != table_.columns.size()) keep_other_columns();
    };
    Outcome outcome;
    outcome.delivery_id = target_.next_delivery_id();
    outcome.rows_read = facts.rows;
    const auto& delivery = group_[outcomes_.size()];
    Applied applied;
    const auto& incoming = target_.incoming_.of(table_);
    if (aside_.wanted()) {
      const auto apply = [&](const auto& some) { return apply_incoming(some, outcome.delivery_id); };
      applied = CarefulApply(target_.connection_, file_table_, incoming, aside_, {prepare, apply}).run();
    } else {
      prepare();
      applied = apply_incoming(incoming, outcome.delivery_id);
    }
    if (reloads()) {
      if (!snapshot_) snapshot_.emplace(target_.connection_, table_, incoming);
      snapshot_->add();
    }
    auto effects = applied.effects;
    outcome.max_event_id = applied.max_event_id;
    outcome.rejected = aside_.rows();
    const bool last = outcomes_.size() + 1 == group_.size();
    const auto more = reloads() && last ? remove_rest(facts, outcome, effects) : 0;
    if (target_.tables_as_ != DryRunTarget::Tables::Empty) {
      brake_.look(effects, [&] { return count_predicted_rows(); });
    }
    if (effects.any()) outcome.stats[delivery.entity] = effects;
    target_.remember(delivery, outcome, "loaded", facts.sha256);
    note(delivery, facts.rows, effects);
    target_.last_event_id_ += facts.changes + more;
    target_.last_delivery_id_ = outcome.delivery_id;
    outcomes_.push_back(std::move(outcome));
  }

  void keep_moved() {
    const auto& names = target_.overlay_of(table_);
    keep_moved_onto(target_.connection_, table_, target_.incoming_.of(table_),
                    fmt::format("({} OR {} AND NOT {})", present_in(table_, names.rows),
                                present_in(table_, names.base), present_in(table_, names.removed)));
  }

  Applied apply_incoming(const std::string& incoming, std::uint64_t delivery_id) {
    const auto& overlay = target_.overlay_of(table_);
    const auto rows =
        target_.connection_.query(fill(sql::dry_apply, {{"key", table_.key_list()},
                                                        {"incoming", incoming},
                                                        {"row", row_column()},
                                                        {"op", operation_column()},
                                                        {"table", overlay.base},
                                                        {"overlay", overlay.rows},
                                                        {"removed", overlay.removed},
                                                        {"same_key_o", table_.same_key("o", "last")},
                                                        {"same_key_t", table_.same_key("t", "last")},
                                                        {"same_key_r", table_.same_key("r", "last")},
                                                        {"columns", file_table_.column_list()},
                                                        {"assignments", file_table_.assignments()},
                                                        {"differs", file_table_.differs("t", "last")}}),
                                  {std::to_string(target_.last_event_id_), std::to_string(delivery_id)});
    const auto count = [&](int column) { return static_cast<std::uint64_t>(rows.number(0, column)); };
    Applied applied;
    applied.effects = {count(0), count(1), count(2)};
    if (!rows.null(0, 3)) applied.max_event_id = count(3);
    return applied;
  }

  std::uint64_t count_predicted_rows() {
    const auto& overlay = target_.overlay_of(table_);
    const auto rows =
        target_.connection_.query(fill(sql::dry_count, {{"table", overlay.base},
                                                        {"overlay", overlay.rows},
                                                        {"removed", overlay.removed},
                                                        {"same_key_o", table_.same_key("o", "t")},
                                                        {"same_key_r", table_.same_key("r", "t")}}));
    return static_cast<std::uint64_t>(rows.number(0, 0));
  }

  void note_doubtful() {
    if (group_[outcomes_.size()].kind != DeliveryKind::Change) return;
    target_.connection_.query(fill(sql::verify_doubtful, {{"incoming", target_.incoming_.of(table_)},
                                                          {"row", row_column()},
                                                          {"op", operation_column()},
                                                          {"key", table_.key_list()},
                                                          {"key_json", table_.key_json("first")},
                                                          {"expected", target_.overlay_of(table_).rows},
                                                          {"same_key", table_.same_key("e", "first")}}));
  }

  // The overlay holds whole rows: what the file doesn't carry is what was there.
  void keep_other_columns() {
    const auto& overlay = target_.overlay_of(table_);
    target_.connection_.query(fill(sql::dry_keep, {{"incoming", target_.incoming_.of(table_)},
                                                   {"op", operation_column()},
                                                   {"table", overlay.base},
                                                   {"overlay", overlay.rows},
                                                   {"removed", overlay.removed},
                                                   {"same_key_t", table_.same_key("t", "i")},
                                                   {"same_key_r", table_.same_key("r", "t")},
                                                   {"columns", table_.column_list()}}));
  }

  bool reloads() const { return group_.front().offer == Offer::Reload; }

  // Gives how many rows would go.
  std::uint64_t remove_rest(const ReadFacts& facts, Outcome& outcome, Effects& effects) {
    snapshot_->complete();
    const auto& overlay = target_.overlay_of(table_);
    const auto rows =
        target_.connection_.query(fill(sql::dry_remove_rest, {{"table", overlay.base},
                                                              {"key", table_.key_list()},
                                                              {"overlay", overlay.rows},
                                                              {"removed", overlay.removed},
                                                              {"same_key_kept", table_.same_key("t", "kept")},
                                                              {"same_key_o", table_.same_key("o", "t")},
                                                              {"same_key_r", table_.same_key("r", "t")}}),
                                  {std::to_string(target_.last_event_id_ + facts.changes)});
    target_.connection_.query("SET LOCAL enable_hashjoin = off");
    const auto removed = static_cast<std::uint64_t>(rows.number(0, 0));
    effects.removed += removed;
    if (removed != 0) outcome.max_event_id = static_cast<std::uint64_t>(rows.number(0, 1));
    return removed;
  }

  void note(const FoundDelivery& delivery, std::uint64_t rows, const Effects& effects) {
    auto& predictions = target_.predictions_;
    auto& sums = predictions.by_entity[delivery.entity];
    ++sums.deliveries;
    sums.rows_read += rows;
    sums.effects += effects;
    if (predictions.first.size() >= Predictions::most) return;
    predictions.first.push_back({delivery.object.key, delivery.entity, delivery.kind, rows, effects});
  }

  DryRunTarget& target_;
  std::vector<FoundDelivery> group_;
  const Table& table_;
  std::vector<Outcome> outcomes_;
  Table file_table_;  // the table as the file in work shows it
  std::unique_ptr<Copy> copy_;
  std::optional<LaterKeys> later_;
  std::optional<SnapshotKeys> snapshot_;  // of a reload
  RemoveBrake brake_;
  SetAside aside_;
  std::optional<Before> before_;
};

DryRunTarget::DryRunTarget(TargetOptions options, const Stop& stop, Tables tables)
    : options_(std::move(options)),
      tables_as_(tables),
      connection_(options_.conninfo, stop, {.on_wait = options_.on_wait}),
      incoming_(connection_),
      migrations_(migrations_of(options_.entities)) {}

// The real table, or the temporary one that stands in for it.
std::string DryRunTarget::own(const char* table) {
  return (table_exists(connection_, schema_, table) ? quoted_identifier(schema_) : std::string("pg_temp")) +
         "." + table;
}

void DryRunTarget::open() {
  incoming_.forget();
  overlays_.clear();
  answered_.clear();
  predictions_ = {};
  connection_.connect();
  schema_ = begin_session(connection_);
  connection_.query(std::string(sql::dry_begin));
  read_tables(connection_, schema_);
  stand_in(connection_, schema_, migrations_);
  tables_ = read_tables(connection_, schema_);
  connection_.script(fill(sql::dry_ledger, {{"ledger", own("loader_deliveries")}}));
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

std::unique_ptr<DeliveryLoad> DryRunTarget::begin(std::span<const FoundDelivery> group, Way /*way*/) {
  return std::make_unique<DryRunLoad>(*this, group);
}

std::map<std::string, LedgerEntry> DryRunTarget::find(std::span<const std::string> object_keys) {
  return find_in(connection_, "pg_temp.dry_ledger", object_keys);
}

std::map<std::string, EntityState> DryRunTarget::states(std::uint64_t look_back_files) {
  const auto names = tables();
  return states_in(connection_, "pg_temp.dry_ledger", names, look_back_files);
}

std::vector<LoadedObject> DryRunTarget::loaded_after(const std::string& entity, int generation,
                                                     const Position& after, std::size_t limit) {
  return loaded_after_in(connection_, "pg_temp.dry_ledger", entity, generation, after, limit);
}

std::vector<OpenRequest> DryRunTarget::open_requests() {
  auto open = open_requests_in(connection_, own("loader_requests"));
  std::erase_if(open, [&](const OpenRequest& one) { return answered_.contains(one.request.id); });
  return open;
}

void DryRunTarget::remember(const FoundDelivery& delivery, const Outcome& outcome, const std::string& status,
                            const std::string& sha256) {
  const auto text = [](const auto& value) { return fmt::format("{}", value); };
  Effects effects;
  if (const auto found = outcome.stats.find(delivery.entity); found != outcome.stats.end())
    effects = found->second;
  connection_.query(
      std::string(sql::dry_record),
      {text(outcome.delivery_id), delivery.object.key, text(delivery.generation), delivery.object.etag,
       delivery.entity, to_string(delivery.kind), timestamp(delivery.name_time), text(outcome.rows_read),
       text(effects.created), text(effects.amended), text(effects.removed),
       outcome.max_event_id ? Parameter(text(*outcome.max_event_id)) : std::nullopt, text(delivery.turn),
       sha256, text(delivery.object.size), timestamp(delivery.object.last_modified), status});
  if (delivery.request) answered_.insert(delivery.request->id);
}

std::uint64_t DryRunTarget::record_unloaded(const FoundDelivery& delivery, Unloaded how,
                                            const std::string& /*reason*/) {
  Outcome outcome;
  outcome.delivery_id = next_delivery_id();
  remember(delivery, outcome, how == Unloaded::Skipped ? "skipped" : "quarantined", "");
  last_delivery_id_ = outcome.delivery_id;
  return outcome.delivery_id;
}

// As one more turn of the same delivery.
void DryRunTarget::note_same_bytes(const FoundDelivery& delivery) {
  Outcome outcome;
  outcome.delivery_id = delivery.known_delivery;
  remember(delivery, outcome, "loaded", delivery.known_sha256);
}

}  // namespace peo::target
