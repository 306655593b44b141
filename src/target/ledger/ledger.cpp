#include "target/ledger/ledger.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>

#include "ledger_sql.hpp"
#include "target/postgres/sql_template.hpp"

namespace peo::target {
namespace {

Time time_of(const Rows& rows, int row, int column) {
  return Time(std::chrono::microseconds(rows.number(row, column)));
}

}  // namespace

std::string timestamp(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:06}+00",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), (time - seconds).count());
}

Parameter timestamp(const std::optional<Time>& time) {
  return time ? Parameter(timestamp(*time)) : std::nullopt;
}

std::map<std::string, LedgerEntry> find_in(Connection& connection, const std::string& deliveries,
                                           std::span<const std::string> object_keys) {
  std::map<std::string, LedgerEntry> entries;
  const auto rows =
      connection.query(fill(sql::ledger_find, {{"ledger", deliveries}}), {array_of(object_keys)});
  for (int i = 0; i < rows.size(); ++i) {
    LedgerEntry entry;
    entry.delivery_id = static_cast<std::uint64_t>(rows.number(i, 1));
    entry.etag = rows.text(i, 2);
    entry.generation = static_cast<int>(rows.number(i, 3));
    entry.revision = static_cast<int>(rows.number(i, 4));
    entry.loaded = rows.boolean(i, 5);
    entry.sha256 = rows.text(i, 6);
    entry.last_modified = time_of(rows, i, 7);
    entry.ever_loaded = rows.boolean(i, 8);
    entries.emplace(rows.text(i, 0), std::move(entry));
  }
  return entries;
}

std::map<std::string, EntityState> states_in(Connection& connection, const LedgerTables& ledger,
                                             std::span<const std::string> entities,
                                             std::uint64_t look_back_files) {
  std::map<std::string, EntityState> states;
  const auto rows = connection.query(
      fill(sql::ledger_states, {{"ledger", ledger.deliveries}, {"entities", ledger.entities}}),
      {array_of(entities), std::to_string(look_back_files)});
  for (int i = 0; i < rows.size(); ++i) {
    EntityState state;
    state.generation = static_cast<int>(rows.number(i, 1));
    if (!rows.null(i, 2)) state.snapshot = time_of(rows, i, 2);
    if (!rows.null(i, 3)) state.newest = Position{time_of(rows, i, 4), std::string(rows.text(i, 3))};
    if (!rows.null(i, 5)) state.newest_key = rows.text(i, 5);
    if (!rows.null(i, 6)) state.look_back_to = time_of(rows, i, 6);
    if (!rows.null(i, 7)) state.newest_carried = time_of(rows, i, 7);
    states.emplace(rows.text(i, 0), std::move(state));
  }
  return states;
}

std::vector<LoadedObject> loaded_after_in(Connection& connection, const LedgerTables& ledger,
                                          const std::string& entity, int generation, const Position& after,
                                          std::size_t limit) {
  std::vector<LoadedObject> objects;
  const auto rows = connection.query(
      fill(sql::ledger_loaded_after, {{"ledger", ledger.deliveries}, {"entities", ledger.entities}}),
      {entity, std::to_string(generation), timestamp(after.time), after.key, std::to_string(limit)});
  for (int i = 0; i < rows.size(); ++i) {
    LoadedObject loaded;
    loaded.delivery_id = static_cast<std::uint64_t>(rows.number(i, 0));
    loaded.object.key = rows.text(i, 1);
    loaded.object.etag = rows.text(i, 2);
    loaded.object.size = static_cast<std::uint64_t>(rows.number(i, 3));
    loaded.object.last_modified = time_of(rows, i, 4);
    loaded.name_time = time_of(rows, i, 5);
    loaded.entity = rows.text(i, 6);
    objects.push_back(std::move(loaded));
  }
  return objects;
}

std::vector<CarriedRows> carried_rows(const FileStats& facts, const RowCountsByTable& stats) {
  std::vector<CarriedRows> list;
  for (const auto& [entity, rows] : facts.rows_of) {
    const auto found = stats.find(entity);
    list.push_back({entity, rows, found == stats.end() ? RowCounts{} : found->second});
  }
  return list;
}

void record_entities(Connection& connection, const std::string& entities, std::uint64_t delivery_id,
                     Time name_time, std::span<const CarriedRows> rows) {
  if (rows.empty()) return;
  std::vector<std::string> names;
  std::array<std::vector<std::uint64_t>, 4> counts;
  for (const auto& one : rows) {
    names.push_back(one.entity);
    counts[0].push_back(one.rows);
    counts[1].push_back(one.effects.created);
    counts[2].push_back(one.effects.amended);
    counts[3].push_back(one.effects.removed);
  }
  const auto array = [](const std::vector<std::uint64_t>& list) {
    return array_of(std::span<const std::uint64_t>(list));
  };
  connection.query(
      fill(sql::record_entities, {{"entities", entities}}),
      {std::to_string(delivery_id), timestamp(name_time), array_of(std::span<const std::string>(names)),
       array(counts[0]), array(counts[1]), array(counts[2]), array(counts[3])});
}

std::vector<OpenRequest> open_requests_in(Connection& connection, const std::string& requests) {
  std::vector<OpenRequest> open;
  const auto rows = connection.query(fill(sql::requests_open, {{"requests", requests}}));
  for (int i = 0; i < rows.size(); ++i) {
    Request request;
    request.id = static_cast<std::uint64_t>(rows.number(i, 0));
    request.verb = rows.text(i, 1) == "skip" ? Request::Verb::Skip : Request::Verb::Replay;
    request.reason = rows.text(i, 3);
    open.push_back({std::move(request), std::string(rows.text(i, 2))});
  }
  return open;
}

}  // namespace peo::target
