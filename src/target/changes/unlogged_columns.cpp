#include "target/changes/unlogged_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/sql_template.hpp"
#include "changes_sql.hpp"
#include "target/copy/row_copy.hpp"

namespace peo::target {
namespace {

std::string numbered(const char* prefix, std::size_t number) {
  return own_column(fmt::format("{} {}", prefix, number));
}

// One text for each number from 0, joined.
std::string each(std::size_t count, const char* separator,
                 const std::function<std::string(std::size_t)>& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += (i == 0 ? "" : separator) + text(i);
  return all;
}

std::string is_unlogged(const std::string& column, const std::string& alias) {
  return fmt::format("{} = ANY ({}{})", quoted_literal(column), alias, unlogged_column());
}

Error no_value(std::string_view column, std::string_view columns) {
  return Error::bad_delivery(
             fmt::format(
                 "the file has no value for {} (no_sup_value), and the table has no row to keep it from",
                 columns),
             "Load the row again with all of its columns.")
      .with_sqlstate("22004")  // null_value_not_allowed
      .at({.column = std::string(column)});
}

}  // namespace

std::vector<RefusedChange> fill_unlogged(Connection& connection, const Table& table,
                                         const std::string& staging, std::size_t most) {
  const auto row = row_column();
  const auto op = operation_column();
  const auto unlogged = unlogged_column();
  std::vector<std::string> columns;
  const auto names =
      connection.query(fill(sql::unlogged_names, {{"staging", staging}, {"unlogged", unlogged}}));
  for (int i = 0; i < names.size(); ++i) {
    // A late file lacks columns that a newer one has values for.
    const std::string name(names.text(i, 0));
    if (std::ranges::find(table.columns, name, &Column::name) != table.columns.end()) columns.push_back(name);
  }
  if (columns.empty()) return {};
  connection.query(fill(sql::stage_table_rows, {{"staging", staging},
                                                {"row", row},
                                                {"op", op},
                                                {"columns", table.column_list()},
                                                {"table_columns", table.column_list("t")},
                                                {"key", table.key_list()},
                                                {"table", table.qualified},
                                                {"same_key", table.same_key("k", "t")}}));
  const auto key = table.key();
  const auto keys = [&](const char* separator, const std::function<std::string(std::size_t)>& text) {
    return each(key.size(), separator, text);
  };
  const auto name = [](std::size_t k) { return fmt::format("k{}", k); };
  const auto same = [&](const char* a, const char* b) {
    return keys(" AND ",
                [&](auto k) { return fmt::format("{}{} {} {}{}", a, k, key[k]->key_operator, b, k); });
  };
  const auto of_columns = [&](const char* separator, const std::function<std::string(std::size_t)>& text) {
    return each(columns.size(), separator, text);
  };
  // Two results that the planner knows nothing of are joined; session.sql has switched hash joins off.
  connection.query("SET LOCAL enable_hashjoin = on");
  const auto statement = fill(
      sql::fill_unlogged,
      {{"staging", staging},
       {"row", row},
       {"op", op},
       {"unlogged", unlogged},
       {"named_key", keys(", ", [&](auto k) { return quoted_identifier(key[k]->name) + " AS " + name(k); })},
       {"key_names", keys(", ", name)},
       {"old_key",
        keys(", ", [](auto k) { return fmt::format("lag(k{0}) OVER (ORDER BY number) AS old_k{0}", k); })},
       {"old_key_names", keys(", ", [](auto k) { return fmt::format("old_k{}", k); })},
       {"origin_key_names", keys(", ", [](auto k) { return fmt::format("o.k{}", k); })},
       {"move_old_key_names", keys(", ", [](auto k) { return fmt::format("m.old_k{}", k); })},
       {"origin_is_move", same("m.k", "o.old_k")},
       {"origin_key", keys(", ",
                           [](auto k) {
                             return fmt::format(
                                 "CASE WHEN f.life IS NULL THEN c.k{0} ELSE f.old_k{0} END AS origin_k{0}",
                                 k);
                           })},
       {"origin_key_list", keys(", ", [](auto k) { return fmt::format("origin_k{}", k); })},
       {"same_life", same("f.k", "c.k")},
       {"latest_values",
        of_columns(", ",
                   [&](auto i) {
                     return fmt::format("max(number) FILTER (WHERE ({} = ANY (unlogged)) IS NOT TRUE) AS v{}",
                                        quoted_literal(columns[i]), i);
                   })},
       {"assignments", of_columns(", ",
                                  [&](auto i) {
                                    const auto column = quoted_identifier(columns[i]);
                                    return fmt::format("{0} = CASE WHEN {1} THEN x{2}.{0} ELSE s.{0} END",
                                                       column, is_unlogged(columns[i], "s."), i);
                                  })},
       {"missing", of_columns(", ",
                              [&](auto i) {
                                return fmt::format("CASE WHEN {} AND l.v{} IS NULL THEN {} END",
                                                   is_unlogged(columns[i], "s."), i,
                                                   quoted_literal(columns[i]));
                              })},
       {"values", of_columns(" ", [&](auto i) {
          return fmt::format("LEFT JOIN {0} AS x{1} ON x{1}.{2} = l.v{1}", staging, i, row);
        })}});
  const auto refused = connection.query(statement, {std::to_string(most)});
  connection.query("SET LOCAL enable_hashjoin = off");
  connection.query(fill(sql::unstage_table_rows, {{"staging", staging}, {"row", row}}));
  std::vector<RefusedChange> changes;
  changes.reserve(static_cast<std::size_t>(refused.size()));
  for (int i = 0; i < refused.size(); ++i)
    changes.push_back({refused.number(i, 0), no_value(refused.text(i, 1), refused.text(i, 2))});
  return changes;
}

void supersede_logged(Connection& connection, const Table& table, const std::string& staging,
                      const std::string& superseding) {
  auto others = table;
  std::erase_if(others.columns, [](const Column& column) { return column.key_position != 0; });
  const auto of_others = [&](const std::function<std::string(std::size_t)>& text) {
    return each(others.columns.size(), ", ", text);
  };
  const auto name = [&](std::size_t i) { return others.columns[i].name; };
  connection.script(
      fill(sql::supersede_logged, {{"staging", staging},
                                   {"superseding", superseding},
                                   {"op", operation_column()},
                                   {"unlogged", unlogged_column()},
                                   {"key", table.source_key_list()},
                                   {"same_key", table.same_source_key("t", "later")},
                                   {"never_logged", of_others([&](auto i) {
                                      return fmt::format("coalesce(bool_and({}), false) AS {}",
                                                         is_unlogged(name(i), ""), numbered("kept", i));
                                    })},
                                   {"superseded", of_others([&](auto i) {
                                      return fmt::format("CASE WHEN NOT later.{} OR {} THEN {} END",
                                                         numbered("kept", i), is_unlogged(name(i), "t."),
                                                         quoted_literal(name(i)));
                                    })}}));
}

}  // namespace peo::target
