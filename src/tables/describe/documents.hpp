// The model as text documents. Pure functions.
#pragma once
#include <string>

#include "tables/describe/model.hpp"

namespace peo::describe {

std::string data_specification(const Model& model);  // Markdown
std::string data_dictionary(const Model& model);     // CSV by RFC 4180, one row per column

}  // namespace peo::describe
