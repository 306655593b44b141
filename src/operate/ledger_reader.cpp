#include "operate/ledger_reader.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "base/sql_template.hpp"
#include "ledger_sql.hpp"
#include "operate_sql.hpp"
#include "target/ledger/ledger.hpp"
#include "target/postgres/begin_session.hpp"
#include "target/schema/table.hpp"

namespace peo::operate {
namespace {

std::uint64_t whole(const target::Rows& rows, int row, int column) {
  return rows.null(row, column) ? 0 : rows.count(row, column);
}

double real(const target::Rows& rows, int row, int column) {
  return rows.null(row, column) ? 0 : std::strtod(std::string(rows.text(row, column)).c_str(), nullptr);
}

Time time_of(const target::Rows& rows, int row, int column) {
  return Time(std::chrono::microseconds(rows.number(row, column)));
}

}  // namespace

std::optional<std::string> active_loader(target::Connection& connection, const std::string& schema) {
  const auto rows = connection.query(std::string(target::sql::lock_holder), {schema});
  if (rows.size() == 0) return std::nullopt;
  return fmt::format("{} from {} (backend {})", shortened(rows.text(0, 1)), shortened(rows.text(0, 2)),
                     rows.text(0, 0));
}

LedgerReader::LedgerReader(std::string conninfo, const Cancellation& stop)
    : connection_(std::move(conninfo), stop) {}

std::string LedgerReader::own(const char* table) const {
  return target::quoted_identifier(schema_) + "." + table;
}

bool LedgerReader::open() {
  connection_.connect();
  const auto server = target::begin_session(connection_);
  schema_ = server.schema;
  citus_ = server.citus;
  return connection_.query(std::string(sql::ledger_there), {schema_}).boolean(0, 0);
}

std::optional<target::CitusCluster> LedgerReader::citus(const std::vector<std::string>& tables) {
  if (!citus_) return std::nullopt;
  return target::read_citus(connection_, schema_, tables);
}

void LedgerReader::begin_moment() { connection_.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); }

std::map<std::string, EntitySums> LedgerReader::sums(std::uint64_t after_delivery) {
  const auto rows = connection_.query(fill(sql::ledger_sums, {{"ledger", own("loader_deliveries")}}),
                                      {std::to_string(after_delivery)});
  std::map<std::string, EntitySums> sums;
  for (int i = 0; i < rows.size(); ++i) {
    auto& entity = sums[std::string(rows.text(i, 0))];
    entity.deliveries = whole(rows, i, 1);
    entity.rows_read = whole(rows, i, 2);
    entity.effects = {whole(rows, i, 3), whole(rows, i, 4), whole(rows, i, 5)};
    entity.rejected = whole(rows, i, 6);
    entity.not_loaded = whole(rows, i, 7);
    entity.last_delivery_id = whole(rows, i, 8);
  }
  return sums;
}

std::vector<PastDelivery> LedgerReader::last(std::size_t count, const std::optional<std::string>& entity) {
  const auto rows = connection_.query(fill(sql::ledger_last, {{"ledger", own("loader_deliveries")}}),
                                      {std::to_string(count), entity});
  std::vector<PastDelivery> list;
  for (int i = 0; i < rows.size(); ++i) {
    PastDelivery delivery;
    delivery.delivery_id = whole(rows, i, 0);
    delivery.entity = rows.text(i, 1);
    delivery.object_key = rows.text(i, 2);
    delivery.kind = rows.text(i, 3);
    delivery.status = rows.text(i, 4);
    delivery.rows_read = whole(rows, i, 5);
    delivery.effects = {whole(rows, i, 6), whole(rows, i, 7), whole(rows, i, 8)};
    delivery.rejected = whole(rows, i, 9);
    delivery.bytes = whole(rows, i, 10);
    delivery.finished_at = time_of(rows, i, 11);
    delivery.seconds = real(rows, i, 12);
    delivery.lag_seconds = real(rows, i, 13);
    delivery.fetch_seconds = real(rows, i, 14);
    delivery.decompress_seconds = real(rows, i, 15);
    delivery.parse_seconds = real(rows, i, 16);
    delivery.apply_seconds = real(rows, i, 17);
    list.push_back(std::move(delivery));
  }
  return list;
}

std::vector<Minute> LedgerReader::minutes(std::uint64_t after_delivery, double seconds) {
  const auto rows = connection_.query(fill(sql::ledger_minutes, {{"ledger", own("loader_deliveries")}}),
                                      {std::to_string(after_delivery), fmt::format("{}", seconds)});
  std::vector<Minute> list;
  list.reserve(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    list.push_back({rows.number(i, 0), std::string(rows.text(i, 1)), whole(rows, i, 2), whole(rows, i, 3),
                    whole(rows, i, 4), real(rows, i, 5)});
  }
  return list;
}

Outbox LedgerReader::outbox() {
  const auto rows = connection_.query(
      fill(sql::outbox_waiting, {{"outbox", own("loader_outbox")}, {"ledger", own("loader_deliveries")}}));
  Outbox outbox{whole(rows, 0, 0), std::nullopt};
  if (!rows.null(0, 1)) outbox.since = time_of(rows, 0, 1);
  return outbox;
}

std::optional<Time> LedgerReader::last_full_listing() {
  const auto rows = connection_.query(fill(sql::last_full_listing, {{"state", own("loader_state")}}));
  if (rows.size() != 1 || rows.null(0, 0)) return std::nullopt;
  return time_of(rows, 0, 0);
}

std::map<std::string, Quarantined> LedgerReader::quarantined() {
  return target::quarantined_in(connection_, own("loader_deliveries"), schema_);
}

HoldsByEntity LedgerReader::holds() {
  // A loader of an earlier version has no such table.
  if (!target::table_exists(connection_, schema_, "loader_holds")) return {};
  return target::holds_in(connection_, own("loader_holds"));
}

std::vector<IncompleteFile> LedgerReader::incomplete(std::size_t limit) {
  const auto rows = connection_.query(
      fill(sql::ledger_incomplete, {{"incomplete", target::incomplete_files(own("loader_deliveries"))}}),
      {schema_, std::to_string(limit)});
  std::vector<IncompleteFile> files;
  files.reserve(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    files.push_back({.entity = std::string(rows.text(i, 0)),
                     .object_key = std::string(rows.text(i, 1)),
                     .reason = std::string(rows.text(i, 2)),
                     .delivery_id = whole(rows, i, 3),
                     .rejected = whole(rows, i, 4)});
  }
  return files;
}

std::optional<std::string> LedgerReader::active_loader() {
  return operate::active_loader(connection_, schema_);
}

}  // namespace peo::operate
