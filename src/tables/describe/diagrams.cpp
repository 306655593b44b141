#include "tables/describe/diagrams.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/xml.hpp"

namespace peo::describe {
namespace {

constexpr const char* graph_opening =
    "  graph [rankdir={}, pad=0.3, nodesep=0.5, ranksep={}, fontname=\"DejaVu Sans\", bgcolor=white]\n"
    "  node [shape=plain, fontname=\"DejaVu Sans\", fontsize=11]\n"
    "  edge [fontname=\"DejaVu Sans\", fontsize=9, color=\"#5d6b7a\", fontcolor=\"#5d6b7a\", dir=both]\n";

std::string dot_string(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// A comment in lines of about `width` characters.
std::string wrapped(const std::string& text, std::size_t width) {
  std::string out;
  std::size_t line = 0;
  std::size_t begin = 0;
  while (begin < text.size()) {
    auto end = text.find(' ', begin);
    if (end == std::string::npos) end = text.size();
    if (line > 0 && line + end - begin > width) {
      out += "<BR ALIGN=\"LEFT\"/>";
      line = 0;
    } else if (line > 0) {
      out += ' ';
      ++line;
    }
    out += xml_escaped(text.substr(begin, end - begin));
    line += end - begin;
    begin = end + 1;
  }
  return out + "<BR ALIGN=\"LEFT\"/>";
}

std::string title(const Table& table, int columns) {
  return fmt::format(
      "<TR><TD COLSPAN=\"{}\" BGCOLOR=\"{}\" ALIGN=\"LEFT\" CELLPADDING=\"7\"><FONT COLOR=\"white\" "
      "POINT-SIZE=\"13\"><B>{}</B></FONT></TD></TR>",
      columns, table.entity ? "#2f5d8a" : "#6b7785", xml_escaped(table.name));
}

std::string box(const std::string& rows) {
  return "<<TABLE BORDER=\"1\" COLOR=\"#8896a5\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"4\" "
         "BGCOLOR=\"white\">" +
         rows + "</TABLE>>";
}

std::string entity_node(const Table& table) {
  std::string rows = title(table, 1);
  if (const auto meaning = table.meaning(); !meaning.empty()) {
    rows += fmt::format(R"(<TR><TD ALIGN="LEFT" BALIGN="LEFT"><FONT COLOR="#3c4854">{}</FONT></TD></TR>)",
                        wrapped(meaning, 34));
  }
  for (const auto& column : table.columns) {
    if (column.key_position == 0 && !(column.reference() && !column.loaders_own())) continue;
    rows += fmt::format(R"(<TR><TD PORT={} ALIGN="LEFT">{}<FONT COLOR="#8a5a00">{}</FONT></TD></TR>)",
                        dot_string(column.name),
                        column.key_position != 0 ? "<B>" + xml_escaped(column.name) + "</B>  "
                                                 : xml_escaped(column.name) + "  ",
                        column.key_position != 0 ? "key" : "refers");
  }
  return fmt::format("  {} [label={}]\n", dot_string(table.name), box(rows));
}

std::string soft(const std::string& text, const char* colour) {  // Graphviz rejects an empty <FONT>
  return text.empty() ? "" : fmt::format("<FONT COLOR=\"{}\">{}</FONT>", colour, xml_escaped(text));
}

// The suffix of the port at the right end of a column's row, after the column's name.
constexpr const char* right_end = " >";

std::string table_node(const Table& table) {
  std::string rows = title(table, 3);
  for (const auto& column : table.columns) {
    const auto* const ground = table.entity && column.loaders_own() ? " BGCOLOR=\"#f1f4f7\"" : "";
    const auto name = xml_escaped(column.name);
    const auto* const note = column.key_position != 0 ? "key" : column.not_null ? "" : "NULL";
    rows += fmt::format(
        "<TR><TD PORT={0} ALIGN=\"LEFT\"{1}>{2}</TD><TD ALIGN=\"LEFT\"{1}>{3}</TD><TD PORT={5} "
        "ALIGN=\"LEFT\"{1}>{4}</TD></TR>",
        dot_string(xml_escaped(column.name)), ground, column.key_position != 0 ? "<B>" + name + "</B>" : name,
        soft(column.type, "#5d6b7a"), soft(note, "#8a5a00"),
        dot_string(xml_escaped(column.name + right_end)));
  }
  return fmt::format("  {} [label={}]\n", dot_string(table.name), box(rows));
}

// Crow's feet: many rows refer to one, or to none if the column is nullable or the parent isn't loaded yet.
// Lines leave a row at its left end and reach the other table at the right end of its key; to their own
// table, they stay on the right. `right`: the suffix of the port at the right end of a row.
std::string edge(const Relation& relation, const std::string& right) {
  const bool own = relation.from == relation.to;
  return fmt::format(
      "  {}:{}:{} -> {}:{}:e [arrowtail=crowodot, arrowhead={}{}]\n", dot_string(relation.from->name),
      dot_string(relation.column->name + (own ? right : "")), own ? "e" : "w", dot_string(relation.to->name),
      dot_string(relation.reference.column + right), relation.column->not_null ? "teetee" : "teeodot",
      relation.to->entity ? "" : ", style=dashed");
}

bool between_entities(const Relation& relation) { return relation.from->entity && relation.to->entity; }

}  // namespace

std::string entity_relationship_dot(const Model& model) {
  std::string text = "// Written by paper-engine-orders describe.\ndigraph entity_relationship_model {\n";
  text += fmt::format(fmt::runtime(graph_opening), "RL", "1.1");
  for (const auto& table : model.tables) {
    if (table.entity) text += entity_node(table);
  }
  for (const auto& relation : model.relations()) {
    if (between_entities(relation)) text += edge(relation, "");
  }
  return text + "}\n";
}

std::string table_diagram_dot(const Model& model) {
  std::string text = "// Written by paper-engine-orders describe.\ndigraph table_diagram {\n";
  text += fmt::format(fmt::runtime(graph_opening), "RL", "0.9");
  for (const auto& table : model.tables) text += table_node(table);
  for (const auto& relation : model.relations()) text += edge(relation, right_end);
  return text + "}\n";
}

namespace {

// As Mermaid accepts the name of an attribute, and its type: a letter, then letters, digits, - and _, in
// types also parentheses and brackets. What is in quotes is a comment.
std::string mermaid_word(const std::string& text, std::string_view also = "") {
  std::string word;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    word += plain || also.find(c) != std::string_view::npos ? c : '_';
  }
  const bool letter =
      !word.empty() && ((word[0] >= 'a' && word[0] <= 'z') || (word[0] >= 'A' && word[0] <= 'Z'));
  return letter ? word : "x" + word;
}

std::string mermaid_table(const std::string& name) {
  auto plain = printable_line(name);
  std::ranges::replace_if(
      plain, [](char c) { return c == '"' || c == '%' || c == '\\'; }, '\'');
  return mermaid_word(name) == name ? name : "\"" + plain + "\"";
}

// Of "numeric(18,8)", the type is "numeric", because older versions of Mermaid refuse a comma; the comment
// has the whole.
std::string mermaid_attribute(const Column& column) {
  auto type = column.type;
  if (type.find(',') != std::string::npos) {
    const auto begin = type.find('(');
    type.erase(begin, type.find(')') - begin + 1);
  }
  const auto* const role = column.key_position != 0                      ? " PK"
                           : column.reference() && !column.loaders_own() ? " FK"
                                                                         : "";
  std::string comment = type == column.type ? "" : column.type;
  if (mermaid_word(column.name) != column.name) comment = printable_line(column.name) + " " + column.type;
  std::ranges::replace(comment, '"', '\'');
  return fmt::format("{} {}{}{}", mermaid_word(type, "()[]"), mermaid_word(column.name), role,
                     comment.empty() ? "" : " \"" + comment + "\"");
}

}  // namespace

std::string mermaid(const Model& model) {
  std::string text = "erDiagram\n";
  for (const auto& relation : model.relations()) {
    if (!between_entities(relation)) continue;
    auto label = printable_line(relation.column->name);
    std::ranges::replace(label, '"', '\'');
    text += fmt::format("    {} {}--o{{ {} : \"{}\"\n", mermaid_table(relation.to->name),
                        relation.column->not_null ? "||" : "|o", mermaid_table(relation.from->name), label);
  }
  for (const auto& table : model.tables) {
    if (!table.entity) continue;
    text += fmt::format("    {} {{\n", mermaid_table(table.name));
    for (const auto& column : table.columns) text += "        " + mermaid_attribute(column) + "\n";
    text += "    }\n";
  }
  return text;
}

}  // namespace peo::describe
