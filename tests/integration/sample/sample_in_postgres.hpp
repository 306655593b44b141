// A sample loaded by PostgreSQL's own means: COPY of the gunzipped files, and plain SQL for the changes.
// Nothing of the loader's takes part, so what comes out is a second opinion on expected.json.
#pragma once
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "support/database.hpp"
#include "support/program.hpp"
#include "support/temp_dir.hpp"

namespace peo::test {

// The shipped SQL of the entities, in order of the files' names.
inline std::vector<std::string> entity_sql() {
  const auto directory = source_dir() / "db/entities";
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> sql;
  sql.reserve(files.size());
  for (const auto& file : files) sql.push_back(read_file(file));
  return sql;
}

class SampleInPostgres {
 public:
  explicit SampleInPostgres(Database& database, std::filesystem::path bucket)
      : database_(database), bucket_(std::move(bucket)) {
    for (const std::string& sql : entity_sql()) database_.execute(sql);
  }

  // The table's columns that come from files, separated by commas.
  std::string columns(const std::string& table, const std::string& condition = "true") {
    return database_.value(
        "SELECT coalesce(string_agg(attname, ', ' ORDER BY attnum), '') FROM pg_attribute WHERE attrelid = "
        "'" +
        table + "'::regclass AND attnum > 0 AND attname NOT IN ('event_id', 'delivery_id') AND " + condition);
  }

  void full_load(const std::string& table, const std::string& key) {
    copy("incoming_load", table, key, false);
    database_.execute("INSERT INTO " + table + " SELECT " + columns(table) + ", 0, 0 FROM incoming_load");
  }

  RowCounts change(const std::string& table, const std::string& key) {
    copy("incoming", table, key, true);
    const std::string id = database_.value("SELECT attname FROM pg_attribute WHERE attrelid = '" + table +
                                           "'::regclass AND attnum = 1");
    const std::string names = columns(table);
    database_.execute("DROP TABLE IF EXISTS last; CREATE TEMP TABLE last AS SELECT DISTINCT ON (" + id +
                      ") * FROM incoming ORDER BY " + id + ", position DESC");
    const std::string present = "EXISTS (SELECT FROM " + table + " t WHERE t." + id + " = last." + id + ")";
    RowCounts effects;
    effects.created = count("last WHERE op <> 'D' AND NOT " + present);
    effects.removed = count("last WHERE op = 'D' AND " + present);
    database_.execute("CREATE TEMP TABLE differing AS SELECT " + names + " FROM last WHERE op <> 'D' AND " +
                      present + " EXCEPT SELECT " + names + " FROM " + table);
    effects.amended = count("differing");
    database_.execute("DROP TABLE differing; DELETE FROM " + table + " WHERE " + id + " IN (SELECT " + id +
                      " FROM last); INSERT INTO " + table + " SELECT " + names +
                      ", 0, 0 FROM last WHERE op <> 'D'");
    return effects;
  }

  std::uint64_t count(const std::string& from) {
    return std::stoull(database_.value("SELECT count(*) FROM " + from));
  }

 private:
  // Into a new temporary table; with_op: position and Op in front.
  void copy(const std::string& incoming, const std::string& table, const std::string& key, bool with_op) {
    const std::string names = columns(table);
    // An empty field of a NOT NULL text column is the empty text.
    const std::string texts =
        columns(table, "attnotnull AND atttypid IN ('text'::regtype, 'varchar'::regtype)");
    database_.execute("DROP TABLE IF EXISTS " + incoming + "; CREATE TEMP TABLE " + incoming + " AS SELECT " +
                      (with_op ? "''::text AS op, " : "") + names + " FROM " + table +
                      " LIMIT 0; ALTER TABLE " + incoming +
                      " ADD position bigint GENERATED ALWAYS AS IDENTITY");
    database_.execute("COPY " + incoming + " (" + (with_op ? "op, " : "") + names +
                      ") FROM PROGRAM 'gzip -dc " + (bucket_ / key).string() + "' WITH (FORMAT csv" +
                      (texts.empty() ? "" : ", FORCE_NOT_NULL (" + texts + ")") + ")");
  }

  Database& database_;
  std::filesystem::path bucket_;
};

}  // namespace peo::test
