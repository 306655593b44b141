// The mxfile of draw.io: tables are draw.io's table shapes, so they stay editable.
#include <fmt/format.h>

#include <map>

#include "base/xml.hpp"
#include "tables/describe/diagrams.hpp"

namespace peo::describe {
namespace {

constexpr int row_height = 26;
constexpr int box_width = 300;
constexpr int gap_x = 140;
constexpr int gap_y = 50;

std::string id_of(const std::string& page, const Table& table, const std::string& column = {}) {
  return xml_escaped(column.empty() ? page + "." + table.name : page + "." + table.name + "." + column);
}

// One column of boxes for each depth of the relations, referenced tables on the left.
class Page {
 public:
  Page(const Model& model, std::string name, bool all) : model_(model), name_(std::move(name)), all_(all) {}

  std::string text() {
    std::string cells;
    for (const auto& table : model_.tables) {
      if (all_ || table.entity) cells += box(table);
    }
    for (const auto& relation : model_.relations()) {
      if (all_ || (relation.from->entity && relation.to->entity)) cells += line(relation);
    }
    return fmt::format(
        "  <diagram id=\"{0}\" name=\"{0}\">\n    <mxGraphModel grid=\"1\" gridSize=\"10\" page=\"0\">\n     "
        " <root>\n"
        "        <mxCell id=\"0\"/>\n        <mxCell id=\"1\" parent=\"0\"/>\n{1}      </root>\n    "
        "</mxGraphModel>\n"
        "  </diagram>\n",
        name_, cells);
  }

 private:
  bool shows(const Column& column) const {
    return all_ || column.key_position != 0 || (column.reference() && !column.loaders_own());
  }

  std::string box(const Table& table) {
    int rows = 0;
    for (const auto& column : table.columns) rows += shows(column) ? 1 : 0;
    const auto level = static_cast<int>(table.entity ? model_.depth(table) : deepest() + 1);
    auto& y = next_y_[level];
    const int height = row_height * (rows + 1);
    std::string cells = fmt::format(
        "        <mxCell id=\"{}\" value=\"{}\" "
        "style=\"shape=table;startSize={};container=1;collapsible=0;childLayout="
        "tableLayout;fixedRows=1;rowLines=0;fontStyle=1;align=left;spacingLeft=8;fillColor={};fontColor=#"
        "ffffff;strokeColor"
        "=#8896a5;\" vertex=\"1\" parent=\"1\"><mxGeometry x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" "
        "as=\"geometry\"/>"
        "</mxCell>\n",
        id_of(name_, table), xml_escaped(table.name), row_height, table.entity ? "#2f5d8a" : "#6b7785",
        40 + level * (box_width + gap_x), 40 + y, box_width, height);
    int at = row_height;
    for (const auto& column : table.columns) {
      if (!shows(column)) continue;
      cells += row(table, column, at);
      at += row_height;
    }
    y += height + gap_y;
    return cells;
  }

  std::string row(const Table& table, const Column& column, int at) const {
    const auto id = id_of(name_, table, column.name);
    const auto cell = [&](const char* part, const std::string& value, int x, int width, const char* style) {
      return fmt::format(
          "        <mxCell id=\"{}.{}\" value=\"{}\" "
          "style=\"shape=partialRectangle;html=0;connectable=0;top=0;left=0;"
          "bottom=0;right=0;overflow=hidden;align=left;spacingLeft=8;fillColor=none;{}\" vertex=\"1\" "
          "parent=\"{}\">"
          "<mxGeometry{} width=\"{}\" height=\"{}\" as=\"geometry\"/></mxCell>\n",
          id, part, xml_escaped(value), style, id, x == 0 ? "" : fmt::format(" x=\"{}\"", x), width,
          row_height);
    };
    return fmt::format(
               "        <mxCell id=\"{}\" "
               "style=\"shape=tableRow;horizontal=0;startSize=0;swimlaneHead=0;swimlaneBody=0;"
               "fillColor=#ffffff;collapsible=0;dropTarget=0;points=[[0,0.5],[1,0.5]];portConstraint="
               "eastwest;top=0;left="
               "0;right=0;bottom=0;\" vertex=\"1\" parent=\"{}\"><mxGeometry y=\"{}\" width=\"{}\" "
               "height=\"{}\" as="
               "\"geometry\"/></mxCell>\n",
               id, id_of(name_, table), at, box_width, row_height) +
           cell("name", column.name, 0, 170, column.key_position != 0 ? "fontStyle=1;" : "") +
           cell("type", column.type + (column.not_null ? "" : " NULL"), 170, box_width - 170,
                "fontColor=#5d6b7a;");
  }

  std::string line(const Relation& relation) const {
    return fmt::format(
        "        <mxCell id=\"{0}-refers\" "
        "style=\"edgeStyle=entityRelationEdgeStyle;rounded=1;startArrow=ERzeroToMany;"
        "endArrow={1};startFill=0;endFill=0;strokeColor=#5d6b7a;\" edge=\"1\" parent=\"1\" source=\"{0}\" "
        "target=\"{2}\">"
        "<mxGeometry relative=\"1\" as=\"geometry\"/></mxCell>\n",
        id_of(name_, *relation.from, relation.column->name),
        relation.column->not_null ? "ERmandOne" : "ERzeroToOne",
        id_of(name_, *relation.to, relation.reference.column));
  }

  std::size_t deepest() const {
    std::size_t most = 0;
    for (const auto& table : model_.tables) {
      if (table.entity) most = std::max(most, model_.depth(table));
    }
    return most;
  }

  const Model& model_;
  std::string name_;
  bool all_;
  std::map<int, int> next_y_;
};

}  // namespace

std::string drawio(const Model& model) {
  return "<mxfile host=\"paper-engine-orders describe\">\n" + Page(model, "entities", false).text() +
         Page(model, "tables", true).text() + "</mxfile>\n";
}

}  // namespace peo::describe
