#include "target/session.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/log.hpp"
#include "base/sql_template.hpp"
#include "session_sql.hpp"
#include "target/postgres/begin_session.hpp"
#include "target/schema/add_columns.hpp"

namespace peo::target {

Error concurrent_writer_error() {
  return Error::retry("another loader has written to this target in the meantime",
                      "The next attempt reads the ledger again.");
}

FallBack bad_row(const std::string& why) {
  return {FallBack::Reason::BadRow, "not all of its rows can be loaded: " + why};
}

Session::Session(TargetOptions options, const Cancellation& stop)
    : options_(std::move(options)),
      stop_(stop),
      connection_(options_.conninfo, stop, {.on_wait = options_.on_wait}) {}

void Session::connect() {
  connection_.connect();
  const auto server = begin_session(connection_);
  schema_ = server.schema;
  citus_ = server.citus;
  two_phase_.connected(citus_);
  settled_ = false;
}

void Session::connect_with(const std::string& conninfo) {
  options_.conninfo = conninfo;
  connection_.connect_with(conninfo);
}

std::vector<Migration> Session::wanted(const std::vector<Migration>& all) {
  if (!options_.wanted_tables) return all;
  return only_of_tables(all, options_.wanted_tables(table_names_in(connection_, schema_)));
}

void Session::read_state() {
  const auto rows = connection_.query(fill(sql::state, {{"state", own("loader_state")}}));
  // No default and no guess: with counters that are too low, event_ids would be assigned twice.
  if (rows.size() != 1) {
    throw Error::configuration(fmt::format("{} has {} rows; expected one", own("loader_state"), rows.size()),
                               "Restore the loader's tables from a backup of the target.");
  }
  state_.target_id = rows.text(0, 0);
  state_.last_event_id = rows.count(0, 1);
  state_.last_delivery_id = rows.count(0, 2);
  state_.writer_epoch = rows.count(0, 4);
  state_.last_full_listing.reset();
  if (!rows.null(0, 3)) state_.last_full_listing = Time(std::chrono::microseconds(rows.number(0, 3)));
}

void Session::read_tables() {
  auto found = entity_tables(connection_, schema_, ledger());
  for (const auto& warning : found.warnings) {
    if (logged_.first_time(warning)) log::warning("{}", warning);
  }
  read_added_columns(connection_, own("loader_added_columns"), found.loadable);
  tables_ = std::move(found.loadable);
  refused_tables_ = std::move(found.refused);
  source_tables_ = std::move(found.sources);
}

std::vector<std::string> Session::table_names() const {
  auto names = names_of(tables_);
  for (const auto& [name, error] : refused_tables_) names.push_back(name);
  return names;
}

const Table& Session::table(const std::string& name) const {
  if (const auto refused = refused_tables_.find(name); refused != refused_tables_.end())
    throw Error(refused->second);
  return tables_.at(name);
}

std::string Session::own(const char* table) const { return quoted_identifier(schema_) + "." + table; }

// Staging tables empty themselves at the commit (copy/create_staging.sql).
void Session::begin(const std::vector<std::string>& /*staging*/) {
  settle();
  try {
    connection_.query("BEGIN");
    const auto mine = connection_.query(fill(sql::writer_epoch, {{"state", own("loader_state")}}),
                                        {std::to_string(state_.writer_epoch)});
    if (mine.size() == 1) {
      if (citus_) {
        for (const auto* const setting : settings_on_workers) connection_.query(setting);
      }
      return;
    }
  } catch (Error& error) {
    error.at(Step::Record);  // it is about the loader's own tables, not the delivery's
    throw;
  }
  connection_.close();  // so that everything is read again
  throw concurrent_writer_error();
}

void Session::commit() {
  settled_ = false;
  two_phase_.commit();
  if (two_phase_.finished()) advance_visible();
}

void Session::commit_returned() {
  settled_ = false;
  two_phase_.returned();
  if (two_phase_.finished()) advance_visible();
}

void Session::settle() {
  if (settled_) return;
  two_phase_.finish(stop_);
  advance_visible();
}

void Session::advance_visible() {
  connection_.query(fill(sql::advance_visible, {{"state", own("loader_state")}}),
                    {std::to_string(state_.writer_epoch)});
  settled_ = true;
}

void Session::rollback() noexcept { connection_.rollback(); }

std::uint64_t Session::count_rows(const Table& table) {
  return target::count_rows(connection_, table.qualified);
}

void Session::add_columns(const Table& table, const std::vector<NewColumn>& columns,
                          std::uint64_t delivery_id) {
  add_to_table(connection_, table, columns);
  record_added_columns(connection_, own("loader_added_columns"), table, columns, delivery_id);
}

void Session::check_new_columns(const Table& table, const std::vector<std::string>& names) {
  target::check_new_columns(connection_, table, names);
}

}  // namespace peo::target
