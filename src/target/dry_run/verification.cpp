#include "target/dry_run/verification.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/sql_template.hpp"
#include "dry_run_sql.hpp"
#include "target/ledger/ledger.hpp"

namespace peo::target {
namespace {

// ARRAY[CASE WHEN the column differs THEN its name END, …] without the NULLs.
std::string differing_columns(const Table& table) {
  std::string list;
  for (const auto& column : table.columns) {
    if (column.key_position != 0 && column.equal_is_same) continue;
    list += fmt::format("{}CASE WHEN {} THEN {} END", list.empty() ? "" : ", ", column.differs("t", "e"),
                        quoted_literal(column.name));
  }
  return fmt::format("array_to_json(array_remove(ARRAY[{}]::text[], NULL))", list);
}

// Nothing is removed from a table here, so the limit on removals has nothing to protect.
TargetOptions without_limit(TargetOptions options) {
  options.removal_limit.share = 1;
  return options;
}

}  // namespace

Verification::Verification(TargetOptions options, const Cancellation& stop)
    : target_(without_limit(std::move(options)), stop, DryRunSession::Tables::Empty) {}

TableNames Verification::tables() {
  if (!target_.connected()) target_.open();
  return {names_of(target_.session().tables()), target_.session().source_tables()};
}

void Verification::begin(const std::string& entity) {
  target_.session().copy_first(entity);
  target_.open();
  entity_ = entity;
  auto& session = target_.session();
  // Creates the overlay, also for an entity without any file.
  session.prepare_table(entity);
  session.connection().query(std::string(sql::verify_doubtful_table));
  const auto states = target_.ledger().states({&entity, 1}, 1);
  const auto state = states.find(entity);
  const auto& sources = session.source_tables();
  std::vector<StreamTable> carried;
  for (const auto& [table, source] : sources) {
    // Rows of the same name in another schema are not this table's. They are read as rows that a reload holds
    // already: ignored.
    if (table != entity) carried.push_back({.table = table, .source = source, .snapshot = Time::max()});
  }
  const auto source = sources.find(entity);
  carried.push_back({.table = entity,
                     .source = source == sources.end() ? std::nullopt : std::optional(source->second),
                     .snapshot = state == states.end() ? std::nullopt : state->second.snapshot});
  carried_ = std::make_shared<const std::vector<StreamTable>>(std::move(carried));
  const auto ledger = session.ledger();
  session.connection().query(
      fill(sql::verify_files, {{"ledger", ledger.deliveries}, {"entities", ledger.entities}}), {entity});
}

Quarantined Verification::quarantined() {
  Quarantined all;
  for (const auto& [name, one] : target_.ledger().quarantined()) {
    // A quarantined transaction file may have rows of any table.
    if (name != entity_ && !name.ends_with('/')) continue;
    all.files += one.files;
    all.rows += one.rows;
  }
  return all;
}

// From the target's own table: a dry run has none of these.
bool Verification::held() {
  auto& session = target_.session();
  if (!table_exists(session.connection(), session.schema(), "loader_holds")) return false;
  const auto held = holds_in(session.connection(), quoted_identifier(session.schema()) + ".loader_holds");
  // A held transaction file may have rows of any table.
  return std::ranges::any_of(
      held, [&](const auto& one) { return one.first == entity_ || one.first.ends_with('/'); });
}

std::vector<Delivery> Verification::next(std::size_t limit) {
  const auto rows = target_.session().connection().query(fmt::format("FETCH {} FROM verify_files", limit));
  const auto time = [&](int row, int column) {
    return Time(std::chrono::microseconds(rows.number(row, column)));
  };
  std::vector<Delivery> list;
  for (int i = 0; i < rows.size(); ++i) {
    Delivery delivery;
    delivery.object.key = rows.text(i, 0);
    delivery.object.etag = rows.text(i, 1);
    delivery.object.size = rows.count(i, 2);
    delivery.object.last_modified = time(i, 3);
    delivery.kind = rows.text(i, 4) == "full_load" ? DeliveryKind::FullLoad : DeliveryKind::Change;
    if (!rows.null(i, 5)) delivery.name_time = time(i, 5);
    delivery.generation = static_cast<int>(rows.number(i, 6));
    delivery.schema = delivery.object.key.substr(0, delivery.object.key.find('/'));
    delivery.entity = rows.text(i, 7);
    delivery.loaded_as = rows.count(i, 8);
    // A transaction file: of its rows only those of the entity are read, and not those that a reload
    // includes.
    if (delivery.entity != entity_) delivery.tables = carried_;
    list.push_back(std::move(delivery));
  }
  return list;
}

Difference Verification::compare(std::size_t limit) {
  // Columns that no file has belong to other programs; columns that the table lacks can't be compared.
  auto& session = target_.session();
  const auto& overlay = session.overlay(entity_);
  const auto& known = session.tables().at(entity_);
  auto table = known;
  std::erase_if(table.columns, [&](const Column& column) {
    return column.key_position == 0 && (!overlay.carried.contains(column.name) ||
                                        std::ranges::find(overlay.base.columns, column.name, &Column::name) ==
                                            overlay.base.columns.end());
  });
  const auto& expected = known.qualified;
  table.qualified = overlay.base.qualified;
  auto& connection = session.connection();
  if (session.has_copy()) {
    connection.script(fill(sql::verify_leave_out, {{"schema", quoted_identifier(session.schema())},
                                                   {"key", table.key_list()},
                                                   {"removed_key", table.key_list("row_of")},
                                                   {"expected", expected},
                                                   {"entity", quoted_literal(entity_)},
                                                   {"same_in_table", table.same_key("t", "c")}}));
    table.qualified = "pg_temp.verify_table";
  }
  // Planner settings in session.sql are for changes; here whole tables are compared.
  connection.query("SET LOCAL enable_hashjoin = on");
  connection.query("SET LOCAL enable_mergejoin = on");
  connection.script(fill(sql::verify_compare, {{"expected", expected},
                                               {"table", table.qualified},
                                               {"same_key", table.same_key("t", "e")},
                                               {"key_json_e", table.key_json("e")},
                                               {"key_json_t", table.key_json("t")},
                                               {"differing", differing_columns(table)},
                                               {"differs", table.differs("t", "e")}}));
  Difference difference;
  const auto counts =
      connection.query(fill(sql::verify_counts, {{"expected", expected}, {"table", table.qualified}}));
  difference.expected_rows = counts.count(0, 0);
  difference.table_rows = counts.count(0, 1);
  difference.missing = counts.count(0, 2);
  difference.extra = counts.count(0, 3);
  difference.different = counts.count(0, 4);
  const auto list = [&](const char* what) {
    std::vector<DifferentRow> rows_of;
    const auto rows =
        connection.query(std::string(sql::verify_list), {std::string(what), std::to_string(limit)});
    rows_of.reserve(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i)
      rows_of.push_back({std::string(rows.text(i, 0)),
                         nlohmann::json::parse(rows.text(i, 1)).get<std::vector<std::string>>()});
    return rows_of;
  };
  const auto doubtful = connection.query(std::string(sql::verify_doubtful_list), {std::to_string(limit)});
  if (doubtful.size() != 0) difference.doubtful = doubtful.count(0, 1);
  for (int i = 0; i < doubtful.size(); ++i)
    difference.doubtful_rows.push_back({std::string(doubtful.text(i, 0)), {}});
  difference.missing_rows = list("missing");
  difference.extra_rows = list("extra");
  difference.different_rows = list("different");
  return difference;
}

}  // namespace peo::target
