#include "support/apply_oracle.hpp"

#include <fmt/format.h>

#include <functional>

namespace peo::test {
namespace {

using Each = std::function<std::string(const StreamColumn&, const std::string& quoted)>;

std::string quoted(const std::string& name) { return '"' + name + '"'; }

std::string joined(const StreamTable& table, bool key, bool rest, const std::string& separator,
                   const Each& each) {
  std::string text;
  for (const auto& column : table.columns) {
    if (column.key ? key : rest) {
      text += (text.empty() ? "" : separator) + each(column, quoted(column.name));
    }
  }
  return text;
}

std::string names(const StreamTable& table, bool key, bool rest, const std::string& alias = {}) {
  return joined(table, key, rest, ", ", [&](const auto&, const auto& name) { return alias + name; });
}

std::string same_key(const StreamTable& table, const std::string& a, const std::string& b) {
  return joined(table, true, false, " AND ", [&](const auto&, const auto& name) {
    return fmt::format("{}.{} = {}.{}", a, name, b, name);
  });
}

std::string differs(const StreamTable& table, const std::string& a, const std::string& b) {
  // Of the types in the streams, values that aren't the same are written differently, also where "=" holds.
  const auto text = joined(table, true, true, " OR ", [&](const auto&, const auto& name) {
    return fmt::format("{}.{}::text COLLATE \"C\" IS DISTINCT FROM {}.{}::text COLLATE \"C\"", a, name, b,
                       name);
  });
  return text.empty() ? "false" : "(" + text + ")";
}

std::string literal(PGconn* connection, const std::optional<std::string>& value) {
  if (!value) return "NULL";
  const std::unique_ptr<char, void (*)(void*)> text(PQescapeLiteral(connection, value->data(), value->size()),
                                                    PQfreemem);
  return text.get();
}

}  // namespace

ApplyOracle::ApplyOracle(Database& database, std::vector<StreamTable> tables)
    : database_(database), tables_(std::move(tables)) {
  database_.execute(
      "CREATE SCHEMA oracle;"
      "CREATE TABLE oracle.deliveries (delivery_id bigint PRIMARY KEY, object_key text, rows_read bigint, "
      "created bigint, amended bigint, removed bigint, max_event_id bigint)");
  for (const auto& table : tables_) {
    auto plain = table;
    plain.partitioned = false;
    database_.execute("SET search_path = oracle, public; " + plain.sql() + "; RESET search_path");
    database_.execute(
        fmt::format("CREATE TABLE oracle.\"{0} removed\" AS SELECT {1}, event_id, delivery_id FROM "
                    "oracle.{2} WITH NO DATA",
                    table.name, names(table, true, false), quoted(table.name)));
  }
}

void ApplyOracle::apply(const StreamFile& file, std::uint64_t delivery_id) {
  const auto& table = tables_.at(file.table);
  const auto name = "oracle." + quoted(table.name);
  std::string text = "CREATE TEMP TABLE rows_of_file (\"#\" bigint, \"#op\" text";
  for (const auto& column : table.columns) text += ", " + quoted(column.name) + " text";
  text += "); ";
  for (std::size_t i = 0; i < file.rows.size(); ++i) {
    text += fmt::format("{}({}, '{}'", i % 500 == 0 ? "; INSERT INTO rows_of_file VALUES " : ", ", i + 1,
                        file.rows[i].operation);
    for (const auto& field : file.rows[i].fields) text += ", " + literal(database_.connection(), field.value);
    text += ")";
  }
  text += fmt::format(
      "; CREATE TEMP TABLE before AS SELECT * FROM {0};"
      "CREATE TEMP TABLE touched AS SELECT {1}, 0::bigint AS \"#\" FROM {0} WITH NO DATA;"
      "ALTER TABLE touched ADD PRIMARY KEY ({1})",
      name, names(table, true, false));
  database_.execute(text);

  const auto typed = joined(table, true, true, ", ", [](const auto& column, const auto& column_name) {
    // char(12) as a cast would cut what the column's input function refuses; no value here is that long.
    return fmt::format("{0}::{1} AS {0}", column_name, column.type);
  });
  const auto set = joined(table, true, true, ", ", [](const auto&, const auto& column_name) {
    return fmt::format("{0} = excluded.{0}", column_name);
  });
  database_.execute(fmt::format(
      R"(DO $body$ DECLARE r record; BEGIN
FOR r IN SELECT "#", "#op", {typed} FROM rows_of_file ORDER BY "#" LOOP
  IF r."#op" = 'D' THEN
    DELETE FROM {name} AS t WHERE {same_key};
  ELSE
    INSERT INTO {name} ({all}, event_id, delivery_id) VALUES ({all_of_r}, 0, 0)
    ON CONFLICT ({key}) DO {update};
  END IF;
  INSERT INTO touched ({key}, "#") VALUES ({key_of_r}, r."#") ON CONFLICT ({key}) DO UPDATE SET "#" = excluded."#";
END LOOP; END $body$)",
      fmt::arg("typed", typed), fmt::arg("name", name), fmt::arg("same_key", same_key(table, "t", "r")),
      fmt::arg("all", names(table, true, true)), fmt::arg("all_of_r", names(table, true, true, "r.")),
      fmt::arg("key", names(table, true, false)), fmt::arg("key_of_r", names(table, true, false, "r.")),
      fmt::arg("update", set.empty() ? "NOTHING" : "UPDATE SET " + set)));

  const auto base = last_event_id_;
  last_event_id_ += file.rows.size();
  const auto before_same = same_key(table, "b", "t");
  database_.execute(fmt::format(
      R"(UPDATE {name} t SET event_id = b.event_id, delivery_id = b.delivery_id FROM before b WHERE {before_same};
CREATE TEMP TABLE effects AS
SELECT CASE WHEN b.event_id IS NULL THEN 'C' ELSE 'A' END AS effect, {base} + x."#" AS event_id, {key_of_t}
FROM touched x JOIN {name} t ON {touched_same} LEFT JOIN before b ON {before_same}
WHERE b.event_id IS NULL OR {differs};
UPDATE {name} t SET event_id = e.event_id, delivery_id = {id} FROM effects e WHERE {effect_same};
INSERT INTO effects
SELECT 'R', {base} + x."#", {key_of_x} FROM touched x JOIN before t ON {touched_same}
WHERE NOT EXISTS (SELECT FROM {name} b WHERE {before_same});
INSERT INTO oracle."{plain_name} removed" ({key}, event_id, delivery_id) SELECT {key}, event_id, {id} FROM effects WHERE effect = 'R';
INSERT INTO oracle.deliveries SELECT {id}, '{object_key}', {rows}, count(*) FILTER (WHERE effect = 'C'),
 count(*) FILTER (WHERE effect = 'A'), count(*) FILTER (WHERE effect = 'R'), max(event_id) FROM effects;
DROP TABLE rows_of_file, before, touched, effects)",
      fmt::arg("name", name), fmt::arg("plain_name", table.name), fmt::arg("before_same", before_same),
      fmt::arg("base", base), fmt::arg("touched_same", same_key(table, "x", "t")),
      fmt::arg("effect_same", same_key(table, "e", "t")), fmt::arg("differs", differs(table, "t", "b")),
      fmt::arg("key", names(table, true, false)), fmt::arg("key_of_t", names(table, true, false, "t.")),
      fmt::arg("key_of_x", names(table, true, false, "x.")), fmt::arg("id", delivery_id),
      fmt::arg("object_key", file.object_key), fmt::arg("rows", file.rows.size())));
}

std::vector<std::string> ApplyOracle::differences() {
  std::vector<std::string> found;
  database_.execute("CREATE TEMP TABLE pairs (expected bigint, got bigint)");
  for (const auto& table : tables_) {
    compare_rows(table, found);
    compare_removals(table, found);
  }
  compare_ledger(found);
  compare_events(found);
  database_.execute("DROP TABLE pairs");
  return found;
}

void ApplyOracle::note(const std::string& what, const std::string& sql, std::vector<std::string>& found) {
  for (const auto& row : database_.rows(sql + " LIMIT 5")) {
    std::string text = what + ":";
    for (const auto& field : row) text += " " + field.value_or("NULL");
    found.push_back(text);
  }
}

void ApplyOracle::compare_rows(const StreamTable& table, std::vector<std::string>& found) {
  const auto joined_tables = fmt::format("oracle.{0} o FULL JOIN public.{0} t ON {1}", quoted(table.name),
                                         same_key(table, "o", "t"));
  note(
      "row (expected, got)",
      fmt::format("SELECT o, t FROM {} WHERE o.event_id IS NULL OR t.event_id IS NULL OR {} OR o.delivery_id "
                  "<> t.delivery_id",
                  joined_tables, differs(table, "o", "t")),
      found);
  database_.execute("INSERT INTO pairs SELECT o.event_id, t.event_id FROM " + joined_tables);
}

void ApplyOracle::compare_removals(const StreamTable& table, std::vector<std::string>& found) {
  const auto keys = joined(table, true, false, ", ", [](const auto& column, const auto& name) {
    return fmt::format("(key ->> '{}')::{} AS {}", column.name, column.type, name);
  });
  const auto both = fmt::format(
      "oracle.\"{0} removed\" o FULL JOIN (SELECT {1}, event_id, delivery_id FROM loader_removals WHERE "
      "entity = "
      "'{0}') r ON {2} AND o.delivery_id = r.delivery_id",
      table.name, keys, same_key(table, "o", "r"));
  note("removal (expected, got)",
       fmt::format("SELECT o, r FROM {} WHERE o.event_id IS NULL OR r.event_id IS NULL", both), found);
  database_.execute("INSERT INTO pairs SELECT o.event_id, r.event_id FROM " + both);
}

void ApplyOracle::compare_ledger(std::vector<std::string>& found) {
  note(
      "delivery (expected, got)",
      "SELECT o, (l.delivery_id, l.object_key, l.rows_read, l.created, l.amended, l.removed, l.max_event_id) "
      "FROM oracle.deliveries o FULL JOIN loader_deliveries l USING (delivery_id) "
      "WHERE (o.object_key, o.rows_read, o.created, o.amended, o.removed, o.max_event_id IS NULL) IS "
      "DISTINCT "
      "FROM (l.object_key, l.rows_read, l.created, l.amended, l.removed, l.max_event_id IS NULL)",
      found);
  database_.execute(
      "INSERT INTO pairs SELECT o.max_event_id, l.max_event_id FROM oracle.deliveries o JOIN "
      "loader_deliveries "
      "l USING (delivery_id) WHERE o.max_event_id IS NOT NULL");
}

// Where the oracle's numbers are equal the loader's are, and where they grow, they do.
void ApplyOracle::compare_events(std::vector<std::string>& found) {
  note("event_id out of order (expected, got, expected next, got next)",
       "SELECT * FROM (SELECT expected, got, lead(expected) OVER w AS next_expected, lead(got) OVER w AS "
       "next_got FROM pairs WINDOW w AS (ORDER BY expected, got)) x WHERE (next_expected > expected) <> "
       "(next_got > "
       "got)",
       found);
}

}  // namespace peo::test
