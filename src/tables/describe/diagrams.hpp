// The model as input of drawing programs. Pure functions.
#pragma once
#include <string>

#include "tables/describe/model.hpp"

namespace peo::describe {

// Graphviz: the entities, their meaning and their relations.
std::string entity_relationship_dot(const Model& model);
// Graphviz: all tables with all columns.
std::string table_diagram_dot(const Model& model);
// Mermaid's erDiagram, for Markdown.
std::string mermaid(const Model& model);
// An mxfile with two pages, for draw.io: the entities, and the tables. Boxes can be moved; lines follow.
std::string drawio(const Model& model);

}  // namespace peo::describe
