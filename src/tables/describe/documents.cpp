#include "tables/describe/documents.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "tables/describe/diagrams.hpp"

namespace peo::describe {
namespace {

// In a cell of a Markdown table.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '\\' || c == '<') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out;
}

// As code, in a cell: backquotes and bars would end it.
std::string code(const std::string& text) {
  if (text.empty()) return "";
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '`') {
      out += '\'';
    } else if (c == '|') {
      out += "\\|";
    } else {
      out += u < 0x20 ? ' ' : c;
    }
  }
  return "`" + out + "`";
}

std::string key_of(const Table& table) {
  std::vector<const Column*> key;
  for (const auto& column : table.columns) {
    if (column.key_position != 0) key.push_back(&column);
  }
  std::sort(key.begin(), key.end(), [](auto* a, auto* b) { return a->key_position < b->key_position; });
  std::string text;
  for (const auto* column : key) text += (text.empty() ? "" : ", ") + code(column->name);
  return text;
}

std::string refers_to(const Column& column) {
  const auto reference = column.reference();
  return reference ? fmt::format("{}.{}", reference->table, reference->column) : "";
}

std::string in_words(const Column& column, const Model& model) {
  auto text = cell(column.meaning());
  const auto reference = column.reference();
  if (!reference) return text;
  const auto name = cell(refers_to(column));
  text += text.empty() ? "" : " ";
  if (model.table(reference->table) != nullptr) {
    text += fmt::format("Refers to [{}](#{}).", name, reference->table);
  } else if (reference->table.starts_with("loader_")) {
    text += fmt::format("Refers to {}, a table of the loader that isn't described here.", name);
  } else {
    text += fmt::format("Refers to {}.", name);
  }
  return text;
}

std::string as_it_is(const std::string& name) { return name; }

// `show`: how a name is written.
std::string in_the_files(const Column& column, std::string (*show)(const std::string&)) {
  std::string names;
  for (const auto& name : column.sources()) names += (names.empty() ? "" : " or ") + show(name);
  const auto rendering = source_rendering(column);
  return names.empty() ? rendering : fmt::format("column {}; {}", names, rendering);
}

std::string section(const Table& table, const Model& model) {
  std::string text = fmt::format("\n## {}\n{}\n\n", table.name, cell(table.meaning()));
  const auto key = key_of(table);
  // The loader's views have none.
  if (table.entity || !key.empty()) {
    text += fmt::format("Key: {}.", key.empty() ? "none" : key);
    if (const auto source = table.source()) text += fmt::format(" Source table: {}.", code(source->text()));
    if (!table.location.empty()) text += fmt::format(" Files: {}.", code(table.location));
    text += "\n\n";
  }
  if (!table.entity) {
    text += "| column | type | NULL | meaning |\n| --- | --- | --- | --- |\n";
    for (const auto& column : table.columns)
      text += fmt::format("| {} | {} | {} | {} |\n", code(column.name), column.type,
                          column.not_null ? "" : "NULL", in_words(column, model));
    return text;
  }
  text +=
      "| column | type | NULL | meaning | in the files | example |\n| --- | --- | --- | --- | --- | --- |\n";
  for (const auto& column : table.columns) {
    text += fmt::format("| {}{} | {} | {} | {} | {} | {} |\n", code(column.name),
                        column.key_position != 0 ? " (key)" : "", column.type, column.not_null ? "" : "NULL",
                        in_words(column, model), in_the_files(column, code), code(column.example));
  }
  return text;
}

// A spreadsheet evaluates a cell that begins so as a formula; an apostrophe in front makes it text.
std::string csv_field(const std::string& value) {
  auto text = printable_line(value);
  if (!text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos)
    text.insert(0, 1, '\'');
  if (text.find_first_of(",\"") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += c;
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string data_specification(const Model& model) {
  std::string text =
      "<!-- Written by paper-engine-orders describe from PostgreSQL's catalog and comments; change those. "
      "-->\n"
      "# Data specification\n\n"
      "The tables and their columns. \"In the files\" shows how AWS DMS writes the column's values to CSV by "
      "default; Parquet files have types. In files with a header, columns are found by their names; in CSV "
      "files without one, they are in the order below, unless `COLUMNS` specifies another. Rows of change "
      "files begin with the operation (`I`, `U`, `D`). A field of a CSV file is NULL if it is empty or "
      "exactly "
      "`NULL`, and not quoted, unless `FORMAT` specifies other null strings; an empty field of a NOT NULL "
      "text "
      "column is the empty string.\n\n"
      "Relations are declared in column comments (\"References table.column.\"), not as foreign keys: files "
      "of different tables arrive in no common order, so a row may arrive before the one that it refers to, "
      "and a foreign key would reject it. Once all files up to a point in time are loaded, the relations "
      "hold "
      "as in the source.\n\n";
  text += "```mermaid\n" + mermaid(model) + "```\n";
  for (const auto& table : model.tables) text += section(table, model);
  const auto dangling = model.dangling();
  if (!dangling.empty()) text += "\n## Relations without a target\n";
  for (const auto& sentence : dangling) text += "- " + cell(sentence) + "\n";
  return text;
}

std::string data_dictionary(const Model& model) {
  std::string text =
      "table,position,column,type,nullable,key_position,references,meaning,in_the_files,example\r\n";
  for (const auto& table : model.tables) {
    int position = 0;
    for (const auto& column : table.columns) {
      text += fmt::format("{},{},{},{},{},{},{},{},{},{}\r\n", csv_field(table.name), ++position,
                          csv_field(column.name), csv_field(column.type), column.not_null ? "no" : "yes",
                          column.key_position == 0 ? "" : std::to_string(column.key_position),
                          csv_field(refers_to(column)), csv_field(column.meaning()),
                          csv_field(table.entity ? in_the_files(column, as_it_is) : ""),
                          csv_field(column.example));
    }
  }
  return text;
}

}  // namespace peo::describe
