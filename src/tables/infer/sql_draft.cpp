#include "tables/infer/sql_draft.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"

namespace peo::infer {
namespace {

constexpr std::size_t line_width = 116;

// A comment's lines, broken at spaces.
std::string commented(const std::string& text, const std::string& first, const std::string& next) {
  std::string out;
  std::string line = first;
  std::size_t begin = 0;
  bool fresh = true;
  while (begin < text.size()) {
    auto end = text.find(' ', begin);
    if (end == std::string::npos) end = text.size();
    const auto word = text.substr(begin, end - begin);
    if (!fresh && line.size() + 1 + word.size() > line_width) {
      out += line + "\n";
      line = next;
      fresh = true;
    }
    line += (fresh ? "" : " ") + word;
    fresh = false;
    begin = end + 1;
  }
  return out + line + "\n";
}

// With escapes where it holds what can't be printed.
std::string literal(const std::string& text) {
  const bool printable = is_printable(text);
  std::string quoted = printable ? "'" : "E'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!printable && (byte < 0x20 || byte >= 0x7F)) {
      quoted += fmt::format("\\x{:02x}", byte);
      continue;
    }
    if (c == '\'' || (!printable && c == '\\')) quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

std::string column_lines(const ProposedTable& table) {
  std::size_t width = 0;
  std::vector<std::string> definitions;
  for (const auto& column : table.columns) {
    definitions.push_back(
        fmt::format("    {} {}{},", column.name, column.type, column.not_null ? " NOT NULL" : ""));
    width = std::max(width, definitions.back().size());
  }
  width = std::min<std::size_t>(width, 56);
  std::string text;
  for (std::size_t i = 0; i < definitions.size(); ++i) {
    const auto& column = table.columns[i];
    text += fmt::format("{:<{}}  -- {}{}\n", definitions[i], width, column.doubt ? "? " : "",
                        printable_line(column.evidence));
  }
  return text;
}

std::string comment_lines(const ProposedTable& table) {
  std::string text =
      "-- The meaning of the table and its columns, for readers and for `describe`. In a comment, "
      "\"References "
      "table.column.\"\n"
      "-- declares a relation; \"Source table: schema.table.\" and \"Source column: name.\" tell the loader "
      "the names in the\n-- bucket.\n";
  if (table.source) {
    text += fmt::format("COMMENT ON TABLE {} IS {};\n", table.name,
                        literal(source_table_sentence(*table.source)));
  } else {
    text += fmt::format("-- COMMENT ON TABLE {} IS '...';\n", table.name);
  }
  for (const auto& column : table.columns) {
    std::string sentences = column.source ? source_column_sentence(*column.source) : "";
    if (column.references)
      sentences += fmt::format("{}References {}.", sentences.empty() ? "" : " ", *column.references);
    if (!sentences.empty()) {
      text += fmt::format("COMMENT ON COLUMN {}.{} IS {};{}\n", table.name, column.name, literal(sentences),
                          column.references ? "  -- ? the reference is a guess by name" : "");
    } else {
      text += fmt::format("-- COMMENT ON COLUMN {}.{} IS '...';\n", table.name, column.name);
    }
  }
  text += fmt::format(
      "COMMENT ON COLUMN {0}.event_id IS 'Position of the row''s last change in the order of all changes "
      "over all "
      "tables.';\nCOMMENT ON COLUMN {0}.delivery_id IS 'The delivery that made the row''s last change. "
      "References "
      "loader_deliveries.delivery_id.';\n",
      table.name);
  return text;
}

}  // namespace

std::string draft_sql(const ProposedTable& table, const std::string& seen) {
  // A line break in a name would end a comment, and what follows would be SQL.
  const auto printable_name = [](const ProposedColumn& column) { return is_printable(column.name); };
  if (!is_printable(table.name) || !std::ranges::all_of(table.columns, printable_name))
    throw Error::internal("a draft has a name that isn't printable");
  std::string text = commented(
      fmt::format(
          "A draft by paper-engine-orders infer, from {}. Read and correct it: it has no effect until you "
          "set "
          "ENTITIES to its directory. Columns are in the files' order, followed by the loader's own two.",
          printable_line(seen)),
      "-- ", "-- ");
  text += "--\n-- To check:\n";
  bool sure = true;
  const auto doubt = [&](const std::string& sentence) {
    text += commented(printable_line(sentence), "--   * ", "--     ");
    sure = false;
  };
  for (const auto& sentence : table.doubts) doubt(sentence);
  for (const auto& column : table.columns) {
    if (column.doubt) doubt(fmt::format("{}: {}", column.name, *column.doubt));
    if (column.references)
      doubt(fmt::format("{}: whether it references {}, as its name suggests.", column.name,
                        *column.references));
  }
  if (sure) text += "--   (nothing)\n";
  text += fmt::format("\nCREATE TABLE {} (\n{}    event_id bigint NOT NULL,\n    delivery_id bigint NOT NULL",
                      table.name, column_lines(table));
  if (table.key.empty()) {
    // Refused by PostgreSQL before anything is made, in words that say what is missing.
    text += ",\n    PRIMARY KEY (say_which_columns_are_the_key)\n";
  } else {
    text += fmt::format(",\n    PRIMARY KEY ({})  -- {}: {}\n", fmt::join(table.key, ", "),
                        table.key_sureness, table.key_evidence);
  }
  // PostgreSQL finds a name for the index: one made of a table's name of 63 bytes would be cut to that name.
  text += fmt::format(");\nCREATE INDEX ON {} (event_id);\n\n", table.name);
  return text + comment_lines(table);
}

}  // namespace peo::infer
