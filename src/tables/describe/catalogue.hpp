// Reads the model of a target's tables from its catalog. Changes nothing.
#pragma once
#include <string>

#include "tables/describe/model.hpp"
#include "target/postgres/connection.hpp"

namespace peo::describe {

Model read_model(target::Connection& connection, const std::string& schema);

}  // namespace peo::describe
