#include "target/schema/source_key.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/identifiers.hpp"

namespace peo::target {
namespace {

constexpr std::string_view words = "Source key:";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

void skip_spaces(std::string_view& text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
}

// Up to a comma, a line's end, or a period that a space or the end of the text follows.
std::string plain_name(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && text[end] != ',' && text[end] != '\n') {
    const bool last = end + 1 == text.size() || is_space(text[end + 1]) || text[end + 1] == '\n';
    if (text[end] == '.' && last) break;
    ++end;
  }
  auto name = text.substr(0, end);
  text.remove_prefix(end);
  while (!name.empty() && is_space(name.back())) name.remove_suffix(1);
  return std::string(name);
}

std::string quoted_name(std::string_view& text) {
  std::string name;
  text.remove_prefix(1);
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"' && !text.starts_with('"')) break;
    if (c == '"') text.remove_prefix(1);
    name += c;
  }
  return name;
}

}  // namespace

std::optional<std::vector<std::string>> source_key(std::string_view comment) {
  const auto at = comment.find(words);
  if (at == std::string_view::npos) return std::nullopt;
  auto rest = comment.substr(at + words.size());
  std::vector<std::string> names;
  while (true) {
    skip_spaces(rest);
    auto name = rest.starts_with('"') ? quoted_name(rest) : plain_name(rest);
    if (name.empty()) return std::vector<std::string>();
    names.push_back(std::move(name));
    skip_spaces(rest);
    if (!rest.starts_with(',')) return names;
    rest.remove_prefix(1);
  }
}

void mark_source_key(Table& table) {
  for (auto& column : table.columns) {
    column.identifies =
        column.key_position != 0 &&
        (!table.source_key || std::ranges::find(*table.source_key, column.name) != table.source_key->end());
  }
}

std::optional<Error> unusable_source_key(const Table& table) {
  if (!table.source_key) return std::nullopt;
  if (table.source_key->empty()) {
    return Error::configuration(
        fmt::format("no column follows \"Source key:\" in the comment of the table {}", table.qualified),
        fmt::format("COMMENT ON TABLE {} IS 'Source key: column.';", table.qualified));
  }
  for (const auto& name : *table.source_key) {
    const auto column = std::ranges::find(table.columns, name, &Column::name);
    if (column != table.columns.end() && column->key_position != 0) continue;
    return Error::configuration(
        fmt::format("the comment of the table {} declares the source key {}, which is not a column of its "
                    "primary key",
                    table.qualified, shortened(name)),
        "Correct the comment (COMMENT ON TABLE ... IS 'Source key: column.';), or add the column to the "
        "primary key.");
  }
  return std::nullopt;
}

}  // namespace peo::target
