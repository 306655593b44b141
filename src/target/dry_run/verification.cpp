#include "target/dry_run/verification.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "dry_run_sql.hpp"
#include "target/postgres/sql_template.hpp"

namespace peo::target {
namespace {

// ARRAY[CASE WHEN the column differs THEN its name END, …] without the NULLs.
std::string differing_columns(const Table& table) {
  std::string list;
  for (const auto& column : table.columns) {
    if (column.key_position != 0) continue;
    const auto quoted = quoted_identifier(column.name);
    const auto* const cast = column.comparable ? "" : "::text COLLATE \"C\"";
    list += fmt::format("{}CASE WHEN t.{}{} IS DISTINCT FROM e.{}{} THEN {} END", list.empty() ? "" : ", ",
                        quoted, cast, quoted, cast, quoted_literal(column.name));
  }
  return fmt::format("array_to_json(array_remove(ARRAY[{}]::text[], NULL))", list);
}

// A JSON array of texts, as PostgreSQL writes it, taken apart.
std::vector<std::string> texts_of(std::string_view json) {
  std::vector<std::string> texts;
  std::string text;
  bool inside = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (!inside) {
      inside = json[i] == '"';
    } else if (json[i] == '"') {
      texts.push_back(std::exchange(text, {}));
      inside = false;
    } else {
      if (json[i] == '\\' && i + 1 < json.size()) ++i;
      text += json[i];
    }
  }
  return texts;
}

}  // namespace

Verification::Verification(TargetOptions options, const Cancellation& stop)
    : target_(std::move(options), stop, DryRunTarget::Tables::Empty) {}

std::vector<std::string> Verification::tables() {
  if (!target_.connected()) target_.open();
  return target_.tables();
}

void Verification::begin(const std::string& entity) {
  target_.open();
  entity_ = entity;
  const auto& table = target_.tables_.at(entity);
  target_.overlay_of(table);
  target_.connection_.query(std::string(sql::verify_doubtful_table));
  const auto states = target_.states({&entity, 1}, 1);
  const auto state = states.find(entity);
  carried_ = std::make_shared<const std::vector<StreamTable>>(
      1, StreamTable{.table = entity,
                     .snapshot = state == states.end() ? std::nullopt : state->second.snapshot});
  target_.connection_.query(fill(sql::verify_files, {{"ledger", target_.own("loader_deliveries")},
                                                     {"entities", target_.own("loader_delivery_entities")}}),
                            {entity});
}

std::vector<Delivery> Verification::next(std::size_t limit) {
  const auto rows = target_.connection_.query(fmt::format("FETCH {} FROM verify_files", limit));
  const auto time = [&](int row, int column) {
    return Time(std::chrono::microseconds(rows.number(row, column)));
  };
  std::vector<Delivery> list;
  for (int i = 0; i < rows.size(); ++i) {
    Delivery delivery;
    delivery.object.key = rows.text(i, 0);
    delivery.object.etag = rows.text(i, 1);
    delivery.object.size = static_cast<std::uint64_t>(rows.number(i, 2));
    delivery.object.last_modified = time(i, 3);
    delivery.kind = rows.text(i, 4) == "full_load" ? DeliveryKind::FullLoad : DeliveryKind::Change;
    if (!rows.null(i, 5)) delivery.name_time = time(i, 5);
    delivery.generation = static_cast<int>(rows.number(i, 6));
    delivery.schema = delivery.object.key.substr(0, delivery.object.key.find('/'));
    delivery.entity = rows.text(i, 7);
    if (delivery.entity != entity_) delivery.tables = carried_;
    list.push_back(std::move(delivery));
  }
  return list;
}

Difference Verification::compare(std::size_t limit) {
  // Columns that no file brings are somebody else's; what the table has no column for can't be compared.
  auto table = target_.tables_.at(entity_);
  const auto& overlay = target_.overlay_of(table);
  std::erase_if(table.columns, [&](const Column& column) {
    return column.key_position == 0 &&
           (!overlay.carried.contains(column.name) || overlay.added.contains(column.name));
  });
  const auto& expected = overlay.rows;
  auto& connection = target_.connection_;
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
  const auto count = [&](int column) { return static_cast<std::uint64_t>(counts.number(0, column)); };
  difference.expected_rows = count(0);
  difference.table_rows = count(1);
  difference.missing = count(2);
  difference.extra = count(3);
  difference.different = count(4);
  const auto list = [&](const char* what) {
    std::vector<DifferentRow> rows_of;
    const auto rows =
        connection.query(std::string(sql::verify_list), {std::string(what), std::to_string(limit)});
    rows_of.reserve(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i)
      rows_of.push_back({std::string(rows.text(i, 0)), texts_of(rows.text(i, 1))});
    return rows_of;
  };
  const auto doubtful = connection.query(std::string(sql::verify_doubtful_list), {std::to_string(limit)});
  if (doubtful.size() != 0) difference.doubtful = static_cast<std::uint64_t>(doubtful.number(0, 1));
  for (int i = 0; i < doubtful.size(); ++i)
    difference.doubtful_rows.push_back({std::string(doubtful.text(i, 0)), {}});
  difference.missing_rows = list("missing");
  difference.extra_rows = list("extra");
  difference.different_rows = list("different");
  return difference;
}

}  // namespace peo::target
