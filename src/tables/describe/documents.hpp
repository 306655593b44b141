// The model in words and tables. Pure functions.
#pragma once
#include <string>

#include "tables/describe/model.hpp"

namespace peo::describe {

std::string data_specification(const Model& model);  // Markdown
std::string data_dictionary(const Model& model);     // CSV by RFC 4180, a row a column

}  // namespace peo::describe
