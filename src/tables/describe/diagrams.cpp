#include "tables/describe/diagrams.hpp"

#include <fmt/format.h>

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

std::string mermaid(const Model& model) {
  std::string text = "erDiagram\n";
  const auto plain = [](const std::string& type) {  // Mermaid allows no spaces in a type
    std::string out;
    for (const char c : type) {
      if (c == ' ') {
        out += '_';
      } else if (c != ',') {
        out += c;
      } else {
        out += '-';
      }
    }
    return out;
  };
  for (const auto& relation : model.relations()) {
    if (!between_entities(relation)) continue;
    text += fmt::format("    {} {}--o{{ {} : \"{}\"\n", relation.to->name,
                        relation.column->not_null ? "||" : "|o", relation.from->name, relation.column->name);
  }
  for (const auto& table : model.tables) {
    if (!table.entity) continue;
    text += fmt::format("    {} {{\n", table.name);
    for (const auto& column : table.columns) {
      const auto reference = column.reference();
      const bool foreign = reference && !column.loaders_own();
      text += fmt::format("        {} {}{}\n", plain(column.type), column.name,
                          column.key_position != 0 ? " PK"
                          : foreign                ? " FK"
                                                   : "");
    }
    text += "    }\n";
  }
  return text;
}

}  // namespace peo::describe
