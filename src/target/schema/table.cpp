#include "target/schema/table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/sql_template.hpp"
#include "schema_sql.hpp"
#include "target/schema/source_key.hpp"

namespace peo::target {

std::string quoted_identifier(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + "\"";
}

namespace {
constexpr std::string_view own_prefix = "Loader: ";
}

std::string own_column(const std::string& name) { return quoted_identifier(std::string(own_prefix) + name); }

bool is_own_column(std::string_view name) { return name.starts_with(own_prefix); }

std::string quoted_literal(std::string_view name) {
  // An E'' literal reads backslashes the same way whatever standard_conforming_strings is set to.
  std::string text = "E'";
  for (const char c : name) {
    if (c == '\'' || c == '\\') text += c;
    text += c;
  }
  return text + "'";
}

std::vector<const Column*> Table::key() const {
  std::vector<const Column*> parts;
  for (const auto& column : columns) {
    if (column.key_position != 0) parts.push_back(&column);
  }
  std::sort(parts.begin(), parts.end(), [](auto* a, auto* b) { return a->key_position < b->key_position; });
  return parts;
}

bool Table::cannot_update() const {
  return std::ranges::any_of(columns,
                             [](const Column& one) { return one.identity_always && one.key_position == 0; });
}

namespace {

// As tables.sql returns them, for types that may be added: the name in pg_type, and whether "=" calls two
// values equal only if they are stored as the same bytes.
std::pair<std::string, bool> base_of(const std::string& type) {
  static const std::map<std::string, std::pair<std::string, bool>> types{
      {"boolean", {"bool", true}},
      {"smallint", {"int2", true}},
      {"integer", {"int4", true}},
      {"bigint", {"int8", true}},
      {"numeric", {"numeric", false}},
      {"real", {"float4", false}},
      {"double precision", {"float8", false}},
      {"interval", {"interval", false}},
      {"time without time zone", {"time", true}},
      {"time with time zone", {"timetz", false}},
      {"timestamp without time zone", {"timestamp", true}},
      {"timestamp with time zone", {"timestamptz", true}}};
  const auto found = types.find(type);
  return found == types.end() ? std::pair(type, true) : found->second;
}

}  // namespace

// As the catalogue describes it (tables.sql).
Column added_column(const NewColumn& added, std::uint64_t added_by) {
  Column column;
  column.name = added.name;
  column.added_by = added_by;
  column.type = added.type;
  column.plain_type = added.type.substr(0, added.type.find('('));
  const auto [base, equal_is_same] = base_of(column.plain_type);
  column.base_type = base;
  column.is_text = added.type == "text";
  column.equal_is_same = equal_is_same;
  return column;
}

Table Table::projected(const decode::ColumnMapping& carried) const {
  Table table = *this;
  table.columns.clear();
  for (const auto place : carried.columns) {
    if (place < carried.known) {
      table.columns.push_back(columns.at(place));
      continue;
    }
    // By name: the table may have got the column since the file was read.
    const auto& added = carried.added.at(place - carried.known);
    const auto found = std::ranges::find(columns, added, &Column::name);
    table.columns.push_back(found == columns.end() ? added_column({added}) : *found);
  }
  return table;
}

std::vector<std::string> Table::missing_columns(const decode::ColumnMapping& carried) const {
  std::vector<std::string> names;
  for (const auto& added : carried.added) {
    if (std::ranges::find(columns, added, &Column::name) == columns.end()) names.push_back(added);
  }
  return names;
}

TableColumns Table::file_columns() const {
  TableColumns list;
  for (const auto& column : columns)
    list.push_back({column.name, column.key_position != 0, column.added_by, column.sources});
  return list;
}

std::string Table::column_list(const std::string& alias) const {
  std::string text;
  const auto before = alias.empty() ? "" : alias + ".";
  for (const auto& column : columns)
    text += (text.empty() ? "" : ", ") + before + quoted_identifier(column.name);
  return text;
}

std::string Table::base_type_columns() const {
  std::string text;
  for (const auto& column : columns) {
    const auto quoted = quoted_identifier(column.name);
    text += text.empty() ? "" : ", ";
    text +=
        column.domain_base.empty() ? quoted : fmt::format("{}::{} AS {}", quoted, column.domain_base, quoted);
  }
  return text;
}

std::string Table::key_list(const std::string& alias) const {
  std::string text;
  const auto before = alias.empty() ? "" : alias + ".";
  for (const auto* column : key())
    text += (text.empty() ? "" : ", ") + before + quoted_identifier(column->name);
  return text;
}

namespace {

std::string same(const std::vector<const Column*>& columns, const std::string& a, const std::string& b) {
  std::string text;
  for (const auto* column : columns) {
    const auto quoted = quoted_identifier(column->name);
    text += fmt::format("{}{}.{} {} {}.{}", text.empty() ? "" : " AND ", a, quoted, column->key_operator, b,
                        quoted);
  }
  return text;
}

std::vector<const Column*> identifying(std::vector<const Column*> key) {
  std::erase_if(key, [](const auto* column) { return !column->identifies; });
  return key;
}

}  // namespace

std::string Table::same_key(const std::string& a, const std::string& b) const { return same(key(), a, b); }

std::string Table::same_source_key(const std::string& a, const std::string& b) const {
  return same(identifying(key()), a, b);
}

std::string Table::source_key_list() const {
  std::string text;
  for (const auto* column : identifying(key()))
    text += (text.empty() ? "" : ", ") + quoted_identifier(column->name);
  return text;
}

bool Table::wider_than_source() const {
  return std::ranges::any_of(columns,
                             [](const Column& one) { return one.key_position != 0 && !one.identifies; });
}

bool Table::source_key_leads() const {
  return wider_than_source() &&
         std::ranges::is_partitioned(key(), [](const Column* one) { return one->identifies; });
}

std::string Table::key_json(const std::string& alias) const {
  std::string text;
  for (const auto* column : key()) {
    text += fmt::format("{}{}, {}.{}", text.empty() ? "" : ", ", quoted_literal(column->name), alias,
                        quoted_identifier(column->name));
  }
  return text;
}

std::string Table::assignments() const {
  std::string text;
  for (const auto& column : columns) {
    // The row was found by its key, which for most types is then the same.
    if (column.key_position != 0 && column.equal_is_same) continue;
    const auto quoted = quoted_identifier(column.name);
    text += fmt::format("{} = excluded.{}, ", quoted, quoted);
  }
  return text + "event_id = excluded.event_id, delivery_id = excluded.delivery_id";
}

// record_image_ne compares what is stored, of any type. The function and not its operator *<>: Citus sends
// ROW(a) *<> ROW(b) to the shards without the cast to record, which then means a comparison of each element.
// For most types "=" says the same, and costs less.
std::string Column::differs(const std::string& a, const std::string& b) const {
  const auto quoted = quoted_identifier(name);
  if (equal_is_same) return fmt::format("{}.{} IS DISTINCT FROM {}.{}", a, quoted, b, quoted);
  return fmt::format("record_image_ne(ROW({}), ROW({}))", image(a), image(b));
}

// A staging table has a domain's base type, and records of different types can't be compared.
std::string Column::image(const std::string& alias) const {
  return fmt::format("{}.{}{}", alias, quoted_identifier(name),
                     domain_base.empty() ? "" : "::" + domain_base);
}

// One pair of records for all columns that need it: a record costs as much as "=", but not one for each
// column (with 20 columns of numeric, an upsert that changes nothing took 1.8 times as long).
std::string Table::differs(const std::string& a, const std::string& b) const {
  std::string text;
  std::string images_a;
  std::string images_b;
  for (const auto& column : columns) {
    if (column.equal_is_same) {
      if (column.key_position == 0) text += (text.empty() ? "" : " OR ") + column.differs(a, b);
      continue;
    }
    const auto* const separator = images_a.empty() ? "" : ", ";
    images_a += separator + column.image(a);
    images_b += separator + column.image(b);
  }
  if (!images_a.empty())
    text +=
        fmt::format("{}record_image_ne(ROW({}), ROW({}))", text.empty() ? "" : " OR ", images_a, images_b);
  return text.empty() ? "false" : "(" + text + ")";
}

std::string Table::present_rows() const {
  if (!partitioned) return {};
  return fill(sql::present_rows,
              {{"table_key", key_list("t")}, {"table", qualified}, {"same_key", same_key("t", "last")}});
}

std::string Table::new_row(const std::string& alias) const {
  return partitioned ? key_list(alias) : alias + ".xmax = 0 AS \"Loader: new\"";
}

std::string Table::is_new(const std::string& upserted) const {
  if (!partitioned) return upserted + ".\"Loader: new\"";
  return fmt::format("NOT EXISTS (SELECT 1 FROM present WHERE {})", same_key("present", upserted));
}

bool table_exists(Connection& connection, const std::optional<std::string>& schema,
                  const std::string& table) {
  return connection.query(std::string(sql::table_exists), {schema, table}).boolean(0, 0);
}

std::uint64_t count_rows(Connection& connection, const std::string& qualified) {
  return connection.query(fill(sql::count_rows, {{"table", qualified}})).count(0, 0);
}

std::map<std::string, Table> read_tables(Connection& connection, const std::string& schema) {
  const auto rows = connection.query(std::string(sql::tables), {schema});
  std::map<std::string, Table> tables;
  for (int i = 0; i < rows.size(); ++i) {
    const std::string name(rows.text(i, 0));
    auto& table = tables[name];
    table.name = name;
    table.qualified = quoted_identifier(rows.text(i, 1)) + "." + quoted_identifier(name);
    table.permanent = table.qualified;
    table.partitioned = rows.text(i, 2) == "p";
    table.owned = rows.boolean(i, 10);
    table.independent_rows = rows.boolean(i, 15);
    Column column;
    column.name = rows.text(i, 3);
    if (column.name == "event_id" || column.name == "delivery_id") continue;
    column.type = rows.text(i, 4);
    column.base_type = rows.text(i, 5);
    column.is_text = rows.text(i, 6) == "S";
    column.not_null = rows.boolean(i, 7);
    column.key_position = static_cast<int>(rows.number(i, 8));
    column.equal_is_same = rows.boolean(i, 9);
    column.deterministic = rows.boolean(i, 16);
    if (!rows.null(i, 17)) column.key_operator = rows.text(i, 17);
    column.identity_always = rows.boolean(i, 18);
    table.other_unique = rows.boolean(i, 19);
    table.deletes_act = rows.boolean(i, 20);
    column.plain_type = rows.text(i, 11);
    column.is_array = rows.boolean(i, 12);
    column.kind = rows.text(i, 13).front();
    if (!rows.null(i, 14)) column.domain_base = rows.text(i, 14);
    table.source = source_table(rows.text(i, 21));
    table.source_key = source_key(rows.text(i, 21));
    column.sources = source_columns(rows.text(i, 22));
    table.temporal_key = rows.boolean(i, 23);
    table.columnar = rows.boolean(i, 24);
    table.columns.push_back(std::move(column));
  }
  for (auto& [name, table] : tables) mark_source_key(table);
  return tables;
}

std::vector<std::string> names_of(const std::map<std::string, Table>& tables) {
  std::vector<std::string> names;
  names.reserve(tables.size());
  for (const auto& [name, table] : tables) names.push_back(name);
  return names;
}

}  // namespace peo::target
