#include "target/postgres_target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/change_message.hpp"
#include "base/log.hpp"
#include "base/version.hpp"
#include "full_load_sql.hpp"
#include "ledger_sql.hpp"
#include "pipelined_sql.hpp"
#include "postgres_sql.hpp"
#include "target/changes/postgres_load.hpp"
#include "target/copy/row_encoder.hpp"
#include "target/pipelined/pipelined_loads.hpp"
#include "target/postgres/sql_template.hpp"

namespace peo::target {

Error concurrent_writer_error() {
  return Error::retry("another loader has written to this target in the meantime",
                      "The ledger is read again.");
}

std::string begin_session(Connection& connection) {
  connection.query("SET statement_timeout = 0");  // first and alone: the role's own may be short
  const auto rows = connection.query(std::string(sql::session));
  if (rows.boolean(0, 17)) {
    throw Error::retry(
        fmt::format("PostgreSQL at {} is a read-only standby", connection.server()),
        "Point TARGET at the primary, or add target_session_attrs=read-write to a list of hosts.");
  }
  if (rows.null(0, 15)) {
    throw Error::configuration(
        fmt::format("no schema of the search_path exists in the database at {}", connection.server()),
        "Create the schema, or set options='-c search_path=…' in TARGET.");
  }
  if (rows.number(0, 16) < 130000) {
    throw Error::configuration(
        fmt::format("PostgreSQL at {} is too old ({})", connection.server(), rows.number(0, 16)),
        "Version 13 or newer is needed.");
  }
  return std::string(rows.text(0, 15));
}

PostgresTarget::PostgresTarget(TargetOptions options, const Cancellation& stop)
    : options_(std::move(options)),
      stop_(stop),
      connection_(options_.conninfo, stop, {.on_wait = options_.on_wait}),
      writer_lock_(connection_,
                   {.conninfo = options_.conninfo,
                    .stand_by = options_.stand_by,
                    .take_over = options_.take_over,
                    .on_lost = [this] { options_.on_leader(false); }},
                   stop),
      staging_tables_(connection_),
      compaction_(options_.fold_memory),
      unfinished_loads_(connection_),
      migrations_(migrations_of(options_.entities)) {}

std::string PostgresTarget::own(const char* table) const { return quoted_identifier(schema_) + "." + table; }

void PostgresTarget::open() {
  staging_tables_.forget();
  pipelined_statements_.clear();
  writer_lock_.release();
  options_.on_leader(false);
  connection_.connect();
  schema_ = begin_session(connection_);
  writer_lock_.take(schema_);
  full_load_goes_on_.clear();
  unfinished_loads_.read(schema_);
  if (!unfinished_loads_.under_way().empty()) {
    read_state();
    recover_unfinished_loads();
  }
  read_tables(connection_, schema_);  // refuses a table without a key before anything is made
  const auto applied = migrate(connection_, schema_, migrations_);
  for (const auto& name : applied) log::info("Applied {} to the target.", name);
  options_.on_migrated(applied);
  tables_ = read_tables(connection_, schema_);
  log_text_fallback();
  read_state();
  options_.on_leader(true);
}

void PostgresTarget::read_state() {
  const auto rows = connection_.query(fill(sql::state, {{"state", own("loader_state")}}));
  if (rows.size() != 1) {
    throw Error::configuration(
        fmt::format("{} has {} rows; it must have one", own("loader_state"), rows.size()),
        "Restore the loader's tables from a backup of the target.");
  }
  state_.target_id = rows.text(0, 0);
  state_.last_event_id = static_cast<std::uint64_t>(rows.number(0, 1));
  state_.last_delivery_id = static_cast<std::uint64_t>(rows.number(0, 2));
  state_.last_full_listing.reset();
  if (!rows.null(0, 3)) state_.last_full_listing = Time(std::chrono::microseconds(rows.number(0, 3)));
}

// Once for each: the connection may be made many times.
void PostgresTarget::log_text_fallback() {
  for (const auto& [name, table] : tables_) {
    const auto* column = RowEncoder::without_encoder(table);
    if (column == nullptr || !said_.insert(name).second) continue;
    log::info(
        "{}: files that carry the column {} go to the server as text, which is slower: its type {} is "
        "encoded by the server alone.",
        name, column->name, column->type);
  }
}

void PostgresTarget::recover_unfinished_loads() {
  full_load_goes_on_.clear();
  while (!unfinished_loads_.under_way().empty())
    unfinished_loads_.recover(std::string(unfinished_loads_.under_way().begin()->first),
                              state_.last_event_id);
}

void PostgresTarget::recover() {
  try {
    if (connection_.usable()) recover_unfinished_loads();
  } catch (const Error& error) {
    log::warning("A full load that broke off is left for the next run to put in order: {}", error.describe());
  }
}

// After a first full load, so that the planner (the loader's and the readers') knows the table. Not worth a
// failure. A sample of a quarter of the usual size: it is the sorting of it that takes the time, half a
// second after 1.5 million rows of 18 columns. Where more is asked for (ALTER TABLE … SET STATISTICS), it is
// given.
void PostgresTarget::analyze(const Table& table) {
  try {
    connection_.query("BEGIN");
    connection_.query(std::string(sql::statistics_settings));
    connection_.query(fmt::format("ANALYZE {}", table.qualified));
    connection_.query("COMMIT");
  } catch (const Error& error) {
    connection_.rollback();
    log::warning("Statistics of {} were not gathered: {}", table.name, error.describe());
  }
}

std::vector<std::string> PostgresTarget::tables() const {
  std::vector<std::string> names;
  for (const auto& [name, table] : tables_) names.push_back(name);
  return names;
}

TableColumns PostgresTarget::columns(const std::string& table) const {
  return tables_.at(table).file_columns();
}

std::unique_ptr<DeliveryLoad> PostgresTarget::begin(std::span<const Delivery> group, Way way) {
  return std::make_unique<PostgresLoad>(*this, group, way);
}

std::unique_ptr<PipelinedLoads> PostgresTarget::begin_pipelined() {
  recover_unfinished_loads();
  return std::make_unique<PostgresPipelinedLoads>(*this);
}

// Not for: an array of arrays, which would come apart into its elements; a very wide table, which has too
// many parameters; a key whose type has a modifier that rounds (timestamp(3)), or whose collation calls
// different texts equal: an array's elements have neither, and keys that are one to the table would be two.
bool PostgresTarget::can_pipeline(const std::string& table) const {
  const auto fits = [](const Column& column) {
    const auto& type = column.domain_base.empty() ? column.type : column.domain_base;
    const bool rounds =
        type != column.plain_type && column.base_type != "varchar" && column.base_type != "bpchar";
    return !column.is_array && (column.key_position == 0 || (!rounds && column.comparable));
  };
  const auto& columns = tables_.at(table).columns;
  return columns.size() <= 500 && std::all_of(columns.begin(), columns.end(), fits);
}

bool PostgresTarget::has_pipelined_statement(const Table& table) const {
  return pipelined_statements_.contains(table.name + ' ' + table.column_list());
}

const std::string& PostgresTarget::pipelined_statement(const Table& table) {
  const auto shape = table.name + ' ' + table.column_list();
  const auto found = pipelined_statements_.find(shape);
  if (found != pipelined_statements_.end()) return found->second;
  auto name = fmt::format("apply_batch_{}", pipelined_statements_.size() + 1);
  std::string arrays = "$23::bigint[], $24::\"char\"[], $25::bigint[]";
  int number = 26;
  for (const auto& column : table.columns) arrays += fmt::format(", ${}::{}[]", number++, column.plain_type);
  connection_.prepare(name, fill(sql::apply_batch, {{"arrays", arrays},
                                                    {"row", row_column()},
                                                    {"op", operation_column()},
                                                    {"delivery", "\"loader delivery\""},
                                                    {"columns", table.column_list()},
                                                    {"key", table.key_list()},
                                                    {"table", table.qualified},
                                                    {"same_key", table.same_key("t", "last")},
                                                    {"key_json", table.key_json("t")},
                                                    {"removals", own("loader_removals")},
                                                    {"assignments", table.assignments()},
                                                    {"differs", table.differs("t", "excluded")},
                                                    {"is_new", table.is_new("t")},
                                                    {"state", own("loader_state")},
                                                    {"outbox", own("loader_outbox")},
                                                    {"ledger", own("loader_deliveries")}}));
  return pipelined_statements_.emplace(shape, std::move(name)).first->second;
}

std::optional<Outcome> PostgresTarget::find_committed(const Delivery& delivery) {
  const auto rows = connection_.query(fill(sql::ledger_outcome, {{"ledger", own("loader_deliveries")}}),
                                      {delivery.object.key, std::to_string(delivery.generation),
                                       delivery.object.etag, std::to_string(delivery.revision)});
  if (rows.size() == 0) return std::nullopt;
  const auto count = [&](int column) { return static_cast<std::uint64_t>(rows.number(0, column)); };
  Outcome outcome;
  outcome.delivery_id = count(0);
  outcome.rows_read = count(1);
  const RowCounts effects{count(2), count(3), count(4)};
  if (delivery.tables) {
    const auto parts = connection_.query(fill(sql::ledger_entities, {{"entities", ledger().entities}}),
                                         {std::to_string(outcome.delivery_id)});
    for (int i = 0; i < parts.size(); ++i) {
      const auto part = [&](int column) { return static_cast<std::uint64_t>(parts.number(i, column)); };
      outcome.stats[std::string(parts.text(i, 0))] = {part(1), part(2), part(3)};
    }
  } else if (effects.any()) {
    outcome.stats[delivery.entity] = effects;
  }
  if (!rows.null(0, 5)) outcome.max_event_id = count(5);
  outcome.rejected = count(6);
  say_effects(outcome);
  return outcome;
}

std::uint64_t PostgresTarget::unsent_count() {
  return static_cast<std::uint64_t>(
      connection_.query(fill(sql::outbox_count, {{"outbox", own("loader_outbox")}})).number(0, 0));
}

std::vector<Message> PostgresTarget::unsent(std::size_t limit) {
  const auto rows = connection_.query(fill(sql::outbox_unsent, {{"outbox", own("loader_outbox")}}),
                                      {std::to_string(limit)});
  std::vector<Message> messages;
  for (int i = 0; i < rows.size(); ++i) {
    Message message;
    message.position = static_cast<std::uint64_t>(rows.number(i, 0));
    message.delivery_id = static_cast<std::uint64_t>(rows.number(i, 1));
    message.id = fmt::format("{}-{}", state_.target_id, message.delivery_id);
    message.subject = rows.text(i, 2);
    message.payload = rows.text(i, 3);
    messages.push_back(std::move(message));
  }
  return messages;
}

void PostgresTarget::mark_published(const std::vector<Message>& messages) {
  std::vector<std::uint64_t> positions;
  positions.reserve(messages.size());
  for (const auto& message : messages) positions.push_back(message.position);
  connection_.query(fill(sql::outbox_published, {{"outbox", own("loader_outbox")}}),
                    {array_of(std::span<const std::uint64_t>(positions))});
}

void PostgresTarget::full_listing_done() {
  connection_.query(fill(sql::full_listing_done, {{"state", own("loader_state")}}));
  state_.last_full_listing = now();
}

std::map<std::string, LedgerEntry> PostgresTarget::find(std::span<const std::string> object_keys) {
  return find_in(connection_, own("loader_deliveries"), object_keys);
}

std::map<std::string, EntityState> PostgresTarget::states(std::span<const std::string> entities,
                                                          std::uint64_t look_back_files) {
  return states_in(connection_, ledger(), entities, look_back_files);
}

std::vector<LoadedObject> PostgresTarget::loaded_after(const std::string& entity, int generation,
                                                       const Position& after, std::size_t limit) {
  return loaded_after_in(connection_, ledger(), entity, generation, after, limit);
}

std::vector<OpenRequest> PostgresTarget::open_requests() {
  return open_requests_in(connection_, own("loader_requests"));
}

void PostgresTarget::answer_request(std::uint64_t request, std::optional<std::uint64_t> delivery_id,
                                    const std::string& answer) {
  Parameter id;
  if (delivery_id) id = std::to_string(*delivery_id);
  connection_.query(fill(sql::request_answer, {{"requests", own("loader_requests")}}),
                    {std::to_string(request), id, answer});
}

void PostgresTarget::answer(std::uint64_t request, const std::string& answer) {
  answer_request(request, std::nullopt, answer);
}

void PostgresTarget::update_etag(const Delivery& delivery) {
  connection_.query(
      fill(sql::ledger_note, {{"ledger", own("loader_deliveries")}}),
      {std::to_string(delivery.previous_id), delivery.object.etag, timestamp(delivery.object.last_modified)});
}

std::uint64_t PostgresTarget::record_not_loaded(const Delivery& delivery, NotLoaded how,
                                                const std::string& reason) {
  const auto id = next_delivery_id();
  const auto& object = delivery.object;
  const std::string status = how == NotLoaded::Skipped ? "skipped" : "quarantined";
  connection_.query("BEGIN");
  try {
    const auto rows = connection_.query(
        fill(sql::record_not_loaded, {{"state", own("loader_state")}, {"ledger", own("loader_deliveries")}}),
        {std::to_string(id), object.key, std::to_string(delivery.generation),
         std::to_string(delivery.revision), object.etag, std::to_string(object.size),
         timestamp(object.last_modified), delivery.entity, to_string(delivery.kind),
         timestamp(delivery.name_time), status, reason, host_name(), std::string(version)});
    if (rows.size() != 1) {
      throw concurrent_writer_error();
    }
    if (delivery.request) answer_request(delivery.request->id, id, status);
    connection_.query("COMMIT");
  } catch (Error& error) {
    connection_.close();  // so that everything is read anew
    error.at(Step::Record);
    throw;
  }
  state_.last_delivery_id = id;
  return id;
}

}  // namespace peo::target
