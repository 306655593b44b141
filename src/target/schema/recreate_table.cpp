#include "target/schema/recreate_table.hpp"

#include <fmt/format.h>

#include "base/change_message.hpp"
#include "base/sql_template.hpp"
#include "base/version.hpp"
#include "schema_sql.hpp"

namespace peo::target {
namespace {

std::string counted(std::uint64_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

struct Removed {
  std::uint64_t rows = 0;
  std::optional<std::uint64_t> max_event_id;
};

class Recreation {
 public:
  Recreation(Connection& connection, const std::string& schema, const Table& table)
      : connection_(connection), schema_(schema), table_(table) {}

  // Their rows would be missing: these files count as loaded, for other tables too.
  void check_transaction_files() {
    const auto files = connection_.query(
        fmt::format("SELECT count(*) FROM {} WHERE entity = $1", own("loader_delivery_entities")),
        {table_.name});
    if (files.count(0, 0) == 0) return;
    throw Error::configuration(
        fmt::format("{} can't be recreated: {} brought rows to it, and would not be loaded again",
                    table_.qualified, counted(files.count(0, 0), "transaction file")),
        "Change the table with ALTER TABLE in a new file with a higher number.");
  }

  Removed remove_rows() {
    // A table without a key was never loaded: no consumer knows its rows.
    if (table_.key().empty()) return {};
    const auto rows = connection_.query(fill(sql::remove_all_rows, {{"state", own("loader_state")},
                                                                    {"key", table_.key_list()},
                                                                    {"key_json", table_.key_json("t")},
                                                                    {"table", table_.qualified},
                                                                    {"removals", own("loader_removals")}}),
                                        {table_.name});
    Removed removed{.rows = rows.count(0, 0), .max_event_id = {}};
    if (removed.rows != 0) removed.max_event_id = rows.count(0, 1);
    return removed;
  }

  Rows forget() {
    return connection_.query(fill(sql::forget_entity, {{"rejects", own("loader_rejects")},
                                                       {"deliveries", own("loader_deliveries")},
                                                       {"added_columns", own("loader_added_columns")},
                                                       {"holds", own("loader_holds")}}),
                             {table_.name});
  }

  std::uint64_t record(const RecreatedBy& by, const Removed& removed, const std::string& why,
                       bool notifications) {
    Parameter message;
    if (notifications && removed.max_event_id) {
      message =
          change_message({{table_.name, RowCounts{.created = 0, .amended = 0, .removed = removed.rows}}},
                         *removed.max_event_id, now(), host_name());
    }
    const auto recorded = connection_.query(
        fill(sql::record_recreation, {{"state", own("loader_state")},
                                      {"outbox", own("loader_outbox")},
                                      {"deliveries", own("loader_deliveries")}}),
        {by.migration, by.sha256, std::to_string(by.size), table_.name, std::to_string(removed.rows),
         removed.max_event_id ? Parameter(std::to_string(*removed.max_event_id)) : std::nullopt, why,
         host_name(), std::string(version), std::string(change_subject), message});
    return recorded.count(0, 0);
  }

  void drop() {
    try {
      connection_.query("DROP TABLE " + table_.qualified);
    } catch (const Error& error) {
      // 2BP01 dependent_objects_still_exist.
      if (error.sqlstate() != "2BP01") throw;
      throw Error::configuration(
          fmt::format("{} can't be recreated: {}", table_.qualified, error.what()),
          "Drop the objects that depend on it, and create them again afterwards. Nothing was changed.");
    }
  }

 private:
  std::string own(const char* table) const { return quoted_identifier(schema_) + "." + table; }

  Connection& connection_;
  const std::string& schema_;
  const Table& table_;
};

}  // namespace

std::string drop_for_recreation(Connection& connection, const std::string& schema, const Table& table,
                                const RecreatedBy& by, bool notifications) {
  Recreation recreation(connection, schema, table);
  recreation.check_transaction_files();
  const auto removed = recreation.remove_rows();
  const auto forgotten = recreation.forget();
  const auto files = forgotten.count(0, 0);
  recreation.drop();
  const auto* const done = by.is_gone ? "dropped, because the file no longer creates it" : "recreated";
  if (removed.rows == 0 && files == 0)
    return fmt::format("{} was changed: the empty table {} is {}. Grants on it are lost.", by.migration,
                       table.qualified, done);
  const auto lost =
      fmt::format("rows removed: {}; files to load from the beginning: {}; rejected rows deleted: {}",
                  removed.rows, files, forgotten.count(0, 1));
  const auto delivery = recreation.record(
      by, removed, fmt::format("the table was {}; {}", by.is_gone ? "dropped" : "recreated", lost),
      notifications);
  return fmt::format("{} was changed: the table {} is {} (delivery {}; {}). Grants on it are lost.",
                     by.migration, table.qualified, done, delivery, lost);
}

}  // namespace peo::target
