#include "target/ledger/ledger.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/sql_template.hpp"
#include "base/utc_time.hpp"
#include "ledger_sql.hpp"
#include "target/ledger/delivery_records.hpp"
#include "target/postgres/sql_array.hpp"

namespace peo::target {
namespace {

Time time_of(const Rows& rows, int row, int column) {
  return Time(std::chrono::microseconds(rows.number(row, column)));
}

}  // namespace

std::string timestamp(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{}.{:06}+00", utc_time_text(time), (time - seconds).count());
}

Parameter timestamp(const std::optional<Time>& time) {
  return time ? Parameter(timestamp(*time)) : std::nullopt;
}

std::map<std::string, LedgerEntry> find_in(Connection& connection, const std::string& deliveries,
                                           const std::string& entity,
                                           std::span<const std::string> object_keys) {
  std::map<std::string, LedgerEntry> entries;
  const auto rows =
      connection.query(fill(sql::ledger_find, {{"ledger", deliveries}}), {array_of(object_keys), entity});
  for (int i = 0; i < rows.size(); ++i) {
    LedgerEntry entry;
    entry.delivery_id = rows.count(i, 1);
    entry.etag = rows.text(i, 2);
    entry.generation = static_cast<int>(rows.number(i, 3));
    entry.revision = static_cast<int>(rows.number(i, 4));
    entry.loaded = rows.boolean(i, 5);
    entry.sha256 = rows.text(i, 6);
    entry.last_modified = time_of(rows, i, 7);
    entry.ever_loaded = rows.boolean(i, 8);
    entry.rejected = rows.count(i, 9);
    entries.emplace(rows.text(i, 0), std::move(entry));
  }
  return entries;
}

std::map<std::string, LedgerEntry> PostgresLedger::find(const std::string& entity,
                                                        std::span<const std::string> object_keys) {
  return find_in(session_.connection(), session_.ledger().deliveries, entity, object_keys);
}

std::map<std::string, EntityState> PostgresLedger::states(std::span<const std::string> entities,
                                                          std::uint64_t look_back_files) {
  const auto ledger = session_.ledger();
  std::map<std::string, EntityState> states;
  const auto rows = session_.connection().query(
      fill(sql::ledger_states, {{"ledger", ledger.deliveries}, {"entities", ledger.entities}}),
      {array_of(entities), std::to_string(look_back_files), std::to_string(longest_name_lead.count())});
  for (int i = 0; i < rows.size(); ++i) {
    EntityState state;
    state.generation = static_cast<int>(rows.number(i, 1));
    if (!rows.null(i, 2)) state.snapshot = time_of(rows, i, 2);
    if (!rows.null(i, 3)) state.newest = Position{time_of(rows, i, 4), std::string(rows.text(i, 3))};
    if (!rows.null(i, 5)) state.layout_key = rows.text(i, 5);
    if (!rows.null(i, 6)) state.listed_to = time_of(rows, i, 6);
    if (!rows.null(i, 7)) state.look_back_to = time_of(rows, i, 7);
    if (!rows.null(i, 8)) state.newest_carried = time_of(rows, i, 8);
    if (!rows.null(i, 9)) state.loaded_key = rows.text(i, 9);
    states.emplace(rows.text(i, 0), std::move(state));
  }
  return states;
}

std::vector<LoadedObject> PostgresLedger::loaded_after(const std::string& entity, int generation,
                                                       const Position& after, std::size_t limit) {
  const auto ledger = session_.ledger();
  std::vector<LoadedObject> objects;
  const auto rows = session_.connection().query(
      fill(sql::ledger_loaded_after, {{"ledger", ledger.deliveries}, {"entities", ledger.entities}}),
      {entity, std::to_string(generation), timestamp(after.time), after.key, std::to_string(limit)});
  for (int i = 0; i < rows.size(); ++i) {
    LoadedObject loaded;
    loaded.delivery_id = rows.count(i, 0);
    loaded.object.key = rows.text(i, 1);
    loaded.object.etag = rows.text(i, 2);
    loaded.object.size = rows.count(i, 3);
    loaded.object.last_modified = time_of(rows, i, 4);
    loaded.name_time = time_of(rows, i, 5);
    loaded.entity = rows.text(i, 6);
    objects.push_back(std::move(loaded));
  }
  return objects;
}

std::vector<OpenRequest> PostgresLedger::open_requests() {
  std::vector<OpenRequest> open;
  const auto rows =
      session_.connection().query(fill(sql::requests_open, {{"requests", session_.own("loader_requests")}}));
  for (int i = 0; i < rows.size(); ++i) {
    Request request;
    request.id = rows.count(i, 0);
    request.verb = rows.text(i, 1) == "skip" ? Request::Verb::Skip : Request::Verb::Replay;
    request.reason = rows.text(i, 3);
    open.push_back({std::move(request), std::string(rows.text(i, 2))});
  }
  return open;
}

std::string incomplete_files(const std::string& deliveries) {
  return fill(sql::incomplete_files, {{"ledger", deliveries}});
}

std::map<std::string, Quarantined> quarantined_in(Connection& connection, const std::string& deliveries,
                                                  const std::string& schema) {
  std::map<std::string, Quarantined> quarantined;
  const auto rows =
      connection.query(fill(sql::quarantined, {{"incomplete", incomplete_files(deliveries)}}), {schema});
  for (int i = 0; i < rows.size(); ++i)
    quarantined[std::string(rows.text(i, 0))] = {rows.count(i, 1), rows.count(i, 2)};
  return quarantined;
}

std::map<std::string, Quarantined> PostgresLedger::quarantined() {
  return quarantined_in(session_.connection(), session_.ledger().deliveries, session_.schema());
}

void answer_request(Session& session, std::uint64_t request, std::optional<std::uint64_t> delivery_id,
                    const std::string& answer) {
  session.connection().query(fill(sql::request_answer, {{"requests", session.own("loader_requests")}}),
                             {std::to_string(request),
                              delivery_id ? Parameter(std::to_string(*delivery_id)) : std::nullopt, answer});
}

void PostgresLedger::answer(std::uint64_t request, const std::string& answer) {
  answer_request(session_, request, std::nullopt, answer);
}

HoldsByEntity holds_in(Connection& connection, const std::string& holds) {
  HoldsByEntity found;
  const auto rows = connection.query(fill(sql::holds, {{"holds", holds}}));
  for (int i = 0; i < rows.size(); ++i) {
    Hold hold;
    hold.object_key = rows.text(i, 1);
    hold.etag = rows.text(i, 2);
    hold.reason = rows.text(i, 3);
    hold.hint = rows.text(i, 4);
    hold.exit_code = static_cast<ExitCode>(rows.number(i, 5));
    hold.may_pass = rows.boolean(i, 6);
    hold.waits_for_lock = rows.boolean(i, 7);
    hold.in_order = rows.boolean(i, 8);
    hold.tries = rows.count(i, 9);
    hold.since = time_of(rows, i, 10);
    hold.next_try = time_of(rows, i, 11);
    found.emplace(rows.text(i, 0), std::move(hold));
  }
  return found;
}

HoldsByEntity PostgresLedger::holds() {
  return holds_in(session_.connection(), session_.own("loader_holds"));
}

void PostgresLedger::record_holds(const HoldsByEntity& all) {
  std::array<std::string, 12> columns;
  const auto word = [](bool value) { return value ? "true" : "false"; };
  for (const auto& [entity, hold] : all) {
    add_text(columns[0], entity);
    add_text(columns[1], hold.object_key);
    add_text(columns[2], hold.etag);
    add_text(columns[3], printable_line(hold.reason));
    add_text(columns[4], printable_line(hold.hint));
    add_element(columns[5], fmt::format("{}", static_cast<int>(hold.exit_code)));
    add_element(columns[6], word(hold.may_pass));
    add_element(columns[7], word(hold.waits_for_lock));
    add_element(columns[8], word(hold.in_order));
    add_element(columns[9], fmt::format("{}", hold.tries));
    add_text(columns[10], timestamp(hold.since));
    add_text(columns[11], timestamp(hold.next_try));
  }
  std::vector<Parameter> parameters;
  parameters.reserve(columns.size());
  for (const auto& column : columns) parameters.emplace_back(braced(column));
  // In a transaction that asserts the epoch: a loader that has lost the target must not record its view of
  // it.
  session_.begin({});
  try {
    session_.connection().query(fill(sql::record_holds, {{"holds", session_.own("loader_holds")}}),
                                parameters);
    session_.commit();
  } catch (Error& error) {
    session_.rollback();
    error.at(Step::Record);
    throw;
  }
}

void PostgresLedger::update_etag(const Delivery& delivery) {
  session_.connection().query(
      fill(sql::ledger_note, {{"ledger", session_.own("loader_deliveries")}}),
      {std::to_string(delivery.previous_id), delivery.object.etag, timestamp(delivery.object.last_modified)});
}

// The loader's clock, not the server's: it is compared with the loader's clock again.
void PostgresLedger::full_listing_done() {
  const auto time = now();
  session_.connection().query(fill(sql::full_listing_done, {{"state", session_.own("loader_state")}}),
                              {timestamp(time)});
  session_.state().last_full_listing = time;
}

std::uint64_t PostgresLedger::record_not_loaded(const Delivery& delivery, NotLoaded how,
                                                const std::string& reason) {
  DeliveryRecords records(session_, {&delivery, 1});
  const auto id = records.current().outcome.delivery_id;
  try {
    session_.begin({});
    records.commit_not_loaded(how == NotLoaded::Skipped ? "skipped" : "quarantined", reason);
  } catch (Error& error) {
    session_.connection().close();  // so that everything is read again
    error.at(Step::Record);
    throw;
  }
  return id;
}

std::optional<Outcome> PostgresLedger::find_committed(const Delivery& delivery) {
  auto& connection = session_.connection();
  const auto ledger = session_.ledger();
  // Generation, ETag and revision too: the key alone would also find an earlier load of the object.
  const auto rows =
      connection.query(fill(sql::ledger_outcome, {{"ledger", ledger.deliveries}}),
                       {delivery.object.key, std::to_string(delivery.generation), delivery.object.etag,
                        std::to_string(delivery.revision), delivery.entity});
  if (rows.size() == 0) return std::nullopt;
  Outcome outcome;
  outcome.delivery_id = rows.count(0, 0);
  outcome.rows_read = rows.count(0, 1);
  const RowCounts counts{rows.count(0, 2), rows.count(0, 3), rows.count(0, 4)};
  // The ledger row has the sums of a transaction file; its tables have rows of their own.
  if (delivery.tables) {
    const auto tables = connection.query(fill(sql::ledger_entities, {{"entities", ledger.entities}}),
                                         {std::to_string(outcome.delivery_id)});
    for (int i = 0; i < tables.size(); ++i) {
      outcome.stats[std::string(tables.text(i, 0))] = {tables.count(i, 1), tables.count(i, 2),
                                                       tables.count(i, 3)};
    }
  } else if (counts.any()) {
    outcome.stats[delivery.entity] = counts;
  }
  if (!rows.null(0, 5)) outcome.max_event_id = rows.count(0, 5);
  outcome.rejected = rows.count(0, 6);
  log_row_counts(outcome, session_.persists());
  return outcome;
}

}  // namespace peo::target
