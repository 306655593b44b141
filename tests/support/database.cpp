#include "support/database.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace peo::test {

Database::Database(const std::string& conninfo) : connection_(PQconnectdb(conninfo.c_str()), PQfinish) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    throw std::runtime_error(PQerrorMessage(connection_.get()));
  }
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
}

Database::Result Database::run(const std::string& sql) {
  Result result(PQexec(connection_.get(), sql.c_str()), PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
    throw std::runtime_error(PQerrorMessage(connection_.get()) + ("in: " + sql));
  }
  return result;
}

void Database::execute(const std::string& sql) { run(sql); }

std::vector<Row> Database::rows(const std::string& sql) {
  const auto result = run(sql);
  std::vector<Row> rows;
  for (int r = 0; r < PQntuples(result.get()); ++r) {
    Row row;
    for (int c = 0; c < PQnfields(result.get()); ++c) {
      if (PQgetisnull(result.get(), r, c) != 0) {
        row.emplace_back();
      } else {
        row.emplace_back(std::in_place, PQgetvalue(result.get(), r, c),
                         static_cast<std::size_t>(PQgetlength(result.get(), r, c)));
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string Database::value(const std::string& sql) {
  const auto all = rows(sql);
  if (all.size() != 1 || all[0].size() != 1) {
    throw std::runtime_error("not one row with one column, but " + std::to_string(all.size()) +
                             " row(s): " + sql);
  }
  return all[0][0].value_or("NULL");
}

namespace {

// Rows of the catalogue that say what the database has, without those of temporary tables and without what
// changes by itself: statistics, and where a relation's file is. Each with the condition that chooses them.
const std::vector<std::array<std::string, 2>> dumped_catalogues{
    {"namespace", "nspname !~ '^pg_(toast_)?temp_'"},
    {"class", "oid IN (TABLE relations)"},
    {"attribute", "attrelid IN (TABLE relations)"},
    {"attrdef", "adrelid IN (TABLE relations)"},
    {"constraint", "conrelid IN (TABLE relations)"},
    {"index", "indrelid IN (TABLE relations)"},
    {"trigger", "tgrelid IN (TABLE relations)"},
    {"policy", "polrelid IN (TABLE relations)"},
    {"rewrite", "ev_class IN (TABLE relations)"},
    {"sequence", "seqrelid IN (TABLE relations)"},
    {"inherits", "inhrelid IN (TABLE relations)"},
    {"statistic_ext", "stxrelid IN (TABLE relations)"},
    {"type", "oid >= 16384 AND typnamespace NOT IN (TABLE temporary)"},
    {"enum", "oid >= 16384"},
    {"proc", "oid >= 16384"},
    {"extension", "oid >= 16384"},
    {"event_trigger", "oid >= 16384"},
    {"publication", "oid >= 16384"},
    {"publication_rel", "oid >= 16384"},
    {"default_acl", "oid >= 16384"},
    {"description", "objoid >= 16384"}};

const std::string dump_scope = R"(
    WITH temporary AS (SELECT oid FROM pg_namespace WHERE nspname ~ '^pg_(toast_)?temp_'),
         relations AS (SELECT oid FROM pg_class WHERE oid >= 16384 AND relnamespace NOT IN (TABLE temporary)) )";

}  // namespace

std::string dump(const std::string& conninfo, const std::vector<std::string>& without_data) {
  Database database(conninfo);
  database.execute("SET search_path = pg_catalog; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  std::string text;
  const auto add = [&](const std::string& title, const std::string& query) {
    text += title + "\n";
    for (const auto& row : database.rows(query)) text += row[0].value_or("NULL") + "\n";
  };
  for (const auto& [catalogue, condition] : dumped_catalogues) {
    add("pg_" + catalogue,
        dump_scope +
            "SELECT to_jsonb(t) - '{relfilenode,relpages,reltuples,relallvisible,relallfrozen,"
            "relfrozenxid,relminmxid}'::text[] FROM pg_" +
            catalogue + " AS t WHERE " + condition + " ORDER BY t::text COLLATE \"C\"");
  }
  const auto tables = database.rows(dump_scope +
                                    "SELECT oid::regclass, relname, relkind FROM pg_class WHERE oid IN "
                                    "(TABLE relations) AND relkind IN ('r', 'S') "
                                    "ORDER BY oid::regclass::text COLLATE \"C\"");
  for (const auto& table : tables) {
    // A hold is recorded for operators; it changes no table, and its times differ each time.
    if (table[1] == "loader_holds") continue;
    if (std::find(without_data.begin(), without_data.end(), table[1]) != without_data.end()) continue;
    // The epoch and the time of the last full listing move on in each run, also in one that changes nothing.
    const std::string row = table[1] == "loader_state"
                                ? "to_jsonb(t) - '{writer_epoch,last_full_listing_at}'::text[]"
                            : table[2] == "S" ? "(last_value, is_called)::text"
                                              : "t::text";
    add("data of " + *table[0], "SELECT " + row + " FROM ONLY " + *table[0] + " AS t");
  }
  return text;
}

}  // namespace peo::test
