#include "tables/describe/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>

namespace peo::describe {
namespace {

constexpr std::string_view references = "References ";

bool of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// "References orders.order_id." in a comment: where it begins and ends, and the reference.
struct Declared {
  std::size_t begin = 0, end = 0;
  Reference reference;
};

std::optional<Declared> declared_in(const std::string& comment) {
  for (auto at = comment.find(references); at != std::string::npos; at = comment.find(references, at + 1)) {
    const auto name_from = [&](std::size_t begin) {
      auto end = begin;
      while (end < comment.size() && of_name(comment[end])) ++end;
      return comment.substr(begin, end - begin);
    };
    Declared declared{.begin = at, .end = 0, .reference = {}};
    declared.reference.table = name_from(at + references.size());
    const auto point = at + references.size() + declared.reference.table.size();
    if (declared.reference.table.empty() || point >= comment.size() || comment[point] != '.') continue;
    declared.reference.column = name_from(point + 1);
    if (declared.reference.column.empty()) continue;
    declared.end = point + 1 + declared.reference.column.size();
    if (declared.end < comment.size() && comment[declared.end] == '.') ++declared.end;
    return declared;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Reference> Column::reference() const {
  const auto declared = declared_in(comment);
  if (!declared) return std::nullopt;
  return declared->reference;
}

std::vector<std::string> Column::sources() const { return source_columns(comment); }

std::string Column::meaning() const {
  const auto declared = declared_in(comment);
  if (!declared) return without_source_names(comment);
  auto text = without_source_names(comment.substr(0, declared->begin) + comment.substr(declared->end));
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

std::optional<SourceTable> Table::source() const {
  auto named = source_table(comment);
  return named && named->table.empty() ? std::nullopt : named;
}

std::string Table::meaning() const { return without_source_names(comment); }

const Column* Table::column(const std::string& wanted) const {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const Column& one) { return one.name == wanted; });
  return found == columns.end() ? nullptr : &*found;
}

TableColumns Table::files_columns() const {
  TableColumns found;
  for (const auto& one : columns) {
    if (one.in_files())
      found.push_back({.name = one.name, .in_key = one.key_position != 0, .sources = one.sources()});
  }
  return found;
}

TableNames Model::entities() const {
  std::vector<std::string> names;
  SourceTables sources;
  for (const auto& one : tables) {
    if (!one.entity) continue;
    names.push_back(one.name);
    if (const auto source = one.source()) sources.emplace(one.name, *source);
  }
  return {std::move(names), sources};
}

const Table* Model::table(const std::string& name) const {
  const auto found =
      std::find_if(tables.begin(), tables.end(), [&](const Table& one) { return one.name == name; });
  return found == tables.end() ? nullptr : &*found;
}

std::vector<Relation> Model::relations() const {
  std::vector<Relation> found;
  for (const auto& from : tables) {
    for (const auto& column : from.columns) {
      const auto reference = column.reference();
      if (!reference) continue;
      const auto* to = table(reference->table);
      if (to != nullptr && to->column(reference->column) != nullptr)
        found.push_back({&from, &column, to, *reference});
    }
  }
  return found;
}

std::vector<std::string> Model::dangling() const {
  std::vector<std::string> found;
  for (const auto& from : tables) {
    for (const auto& column : from.columns) {
      const auto reference = column.reference();
      if (!reference || reference->table.starts_with("loader_")) continue;  // the loader's are not all shown
      const auto* to = table(reference->table);
      if (to == nullptr || to->column(reference->column) == nullptr) {
        found.push_back(fmt::format("{}.{} references {}.{}, which doesn't exist", from.name, column.name,
                                    reference->table, reference->column));
      }
    }
  }
  return found;
}

std::size_t Model::depth(const Table& table) const {
  const auto all = relations();
  std::set<const Table*> on_the_way;
  const std::function<std::size_t(const Table&)> deepest = [&](const Table& from) -> std::size_t {
    if (!on_the_way.insert(&from).second) return 0;
    std::size_t most = 0;
    for (const auto& relation : all) {
      if (relation.from == &from && relation.to != &from && relation.to->entity)
        most = std::max(most, 1 + deepest(*relation.to));
    }
    on_the_way.erase(&from);
    return most;
  };
  return deepest(table);
}

void Model::sort() {
  std::vector<std::tuple<bool, std::size_t, std::string>> order;
  order.reserve(tables.size());
  for (const auto& table : tables) order.emplace_back(!table.entity, depth(table), table.name);
  std::sort(order.begin(), order.end());
  std::vector<Table> sorted;
  sorted.reserve(tables.size());
  for (const auto& [loaders, deep, name] : order) sorted.push_back(*table(name));
  tables = std::move(sorted);
}

std::string source_rendering(const Column& column) {
  if (column.loaders_own() || column.generated) return "not in the files";
  const auto& type = column.type;
  const auto is = [&](std::string_view start) { return type.starts_with(start); };
  if (is("smallint") || is("integer") || is("bigint")) return "integer";
  if (is("numeric(")) {
    const auto comma = type.find(',');
    const auto places = comma == std::string::npos ? "0" : type.substr(comma + 1, type.size() - comma - 2);
    return places == "0" ? "integer" : fmt::format("decimal, {} decimal places", places);
  }
  if (is("numeric")) return "decimal";
  if (is("real") || is("double")) return "float with exponent, such as `+3.23800011e+01`";
  if (is("boolean")) return "`0` or `1`";
  if (is("date")) return "`YYYY-MM-DD`";
  if (is("timestamp") && type.find("with time zone") != std::string::npos)
    return "`YYYY-MM-DD hh:mm:ss.ffffff ±hh:mm`";
  if (is("timestamp")) return "`YYYY-MM-DD hh:mm:ss.ffffff`";
  if (is("time")) return "`hh:mm:ss`";
  if (is("uuid")) return "with dashes, any case";
  if (is("bytea")) return "hexadecimal digits";
  return "text; quoted if it contains a comma, a quote or a line break";
}

}  // namespace peo::describe
