#include "target/dry_run_target.hpp"

#include <fmt/format.h>

#include "base/change_message.hpp"
#include "base/log.hpp"
#include "target/postgres/sql_template.hpp"
#include "target_sql.hpp"

namespace peo::target {

// One delivery in a dry run; nothing to roll back, since the whole run is rolled back.
class DryRunLoad final : public DeliveryLoad {
 public:
  DryRunLoad(DryRunTarget& target, const FoundDelivery& delivery)
      : target_(target), delivery_(delivery), table_(target.tables_.at(delivery.entity)) {
    outcome_.delivery_id = target_.next_delivery_id();
    const auto& incoming = target_.incoming_.of(table_);
    target_.overlay_of(table_);
    target_.connection_.query("TRUNCATE " + incoming);
    copy_.emplace(target_.connection_, table_, incoming);
  }

  ~DryRunLoad() override {
    if (!done_) target_.connection_.rollback();
  }

  void add(const decode::ChangeBatch& batch) override {
    try {
      copy_->add(batch);
    } catch (Error& error) {
      error.at(Step::Apply);
      throw;
    }
  }

  Outcome commit(const ReadFacts& facts) override {
    try {
      apply(facts);
    } catch (Error& error) {
      error.at(Step::Apply);
      throw;
    }
    target_.last_event_id_ += facts.rows;
    target_.last_delivery_id_ = outcome_.delivery_id;
    done_ = true;
    target_.say_effects(outcome_);
    return outcome_;
  }

 private:
  void apply(const ReadFacts& facts) {
    copy_->end();
    outcome_.rows_read = facts.rows;
    const auto& overlay = target_.overlay_of(table_);
    const auto rows = target_.connection_.query(
        fill(sql::dry_apply, {{"key", table_.key_list()},
                              {"incoming", target_.incoming_.of(table_)},
                              {"row", row_column()},
                              {"op", operation_column()},
                              {"table", table_.qualified},
                              {"overlay", overlay.rows},
                              {"removed", overlay.removed},
                              {"same_key_o", table_.same_key("o", "last")},
                              {"same_key_t", table_.same_key("t", "last")},
                              {"same_key_r", table_.same_key("r", "last")},
                              {"columns", table_.column_list()},
                              {"assignments", table_.assignments()},
                              {"differs", table_.differs("t", "last")}}),
        {std::to_string(target_.last_event_id_), std::to_string(outcome_.delivery_id)});
    const auto count = [&](int column) { return static_cast<std::uint64_t>(rows.number(0, column)); };
    const Effects effects{count(0), count(1), count(2)};
    if (effects.any()) outcome_.stats[delivery_.entity] = effects;
    if (!rows.null(0, 3)) outcome_.max_event_id = count(3);
    const auto name_time = [&]() -> Parameter {
      if (!delivery_.name_time) return std::nullopt;
      return fmt::format("{}", delivery_.name_time->time_since_epoch().count());
    };
    target_.connection_.query(
        std::string(sql::dry_record),
        {std::to_string(outcome_.delivery_id), delivery_.object.key, std::to_string(delivery_.generation),
         delivery_.object.etag, delivery_.entity,
         std::string(delivery_.kind == DeliveryKind::FullLoad ? "full_load" : "change"), name_time(),
         std::to_string(facts.rows), std::to_string(effects.created), std::to_string(effects.amended),
         std::to_string(effects.removed),
         outcome_.max_event_id ? Parameter(std::to_string(*outcome_.max_event_id)) : std::nullopt});
  }

  DryRunTarget& target_;
  FoundDelivery delivery_;
  const Table& table_;
  Outcome outcome_;
  std::optional<RowCopy> copy_;
  bool done_ = false;
};

DryRunTarget::DryRunTarget(TargetOptions options, const Stop& stop)
    : options_(std::move(options)),
      stop_(stop),
      connection_(options_.conninfo, stop),
      incoming_(connection_),
      migrations_(migrations_of(options_.entities)) {}

// The real table, or the temporary one that stands in for it.
std::string DryRunTarget::own(const char* table) {
  const bool real =
      connection_.query(std::string(sql::table_exists), {schema_, std::string(table)}).boolean(0, 0);
  return (real ? quoted_identifier(schema_) : std::string("pg_temp")) + "." + table;
}

void DryRunTarget::open() {
  incoming_.forget();
  overlays_.clear();
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
}

std::vector<std::string> DryRunTarget::tables() const {
  std::vector<std::string> names;
  for (const auto& [name, table] : tables_) names.push_back(name);
  return names;
}

std::size_t DryRunTarget::columns(const std::string& table) const { return tables_.at(table).columns.size(); }

const DryRunTarget::Overlay& DryRunTarget::overlay_of(const Table& table) {
  const auto found = overlays_.find(table.name);
  if (found != overlays_.end()) return found->second;
  const auto number = overlays_.size() + 1;
  Overlay overlay{fmt::format("pg_temp.overlay_{}", number), fmt::format("pg_temp.removed_{}", number)};
  connection_.script(fill(sql::dry_overlay, {{"overlay", overlay.rows},
                                             {"removed", overlay.removed},
                                             {"table", table.qualified},
                                             {"key", table.key_list()}}));
  return overlays_.emplace(table.name, std::move(overlay)).first->second;
}

std::unique_ptr<DeliveryLoad> DryRunTarget::begin(const FoundDelivery& delivery, Path /*path*/) {
  return std::make_unique<DryRunLoad>(*this, delivery);
}

std::map<std::string, LedgerEntry> DryRunTarget::find(std::span<const std::string> object_keys) {
  return find_in(connection_, "pg_temp.dry_ledger", object_keys);
}

std::map<std::string, Cursor> DryRunTarget::cursors(std::uint64_t look_back_files) {
  const auto names = tables();
  return cursors_in(connection_, "pg_temp.dry_ledger", names, look_back_files);
}

}  // namespace peo::target
