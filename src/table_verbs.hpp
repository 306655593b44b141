// The verbs about tables of one's own: infer, profile, describe. Results go to standard output.
#pragma once
#include <map>
#include <string>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "base/table_columns.hpp"
#include "config/command_line.hpp"
#include "config/settings.hpp"
#include "source/source.hpp"

namespace peo {

ExitCode infer_tables(const config::InferArguments& arguments, const config::Settings& settings,
                      source::Source& source, const Cancellation& stop);
// Columns of tables by name in lower case, as SQL makes them, without the loader's own.
using ColumnsOfTables = std::map<std::string, TableColumns>;
// `known` may be empty: then the files alone say what their columns are.
ExitCode profile_tables(const config::ProfileArguments& arguments, const config::Settings& settings,
                        source::Source& source, const ColumnsOfTables& known, const Cancellation& stop);
// The SQL of `entities` may make one of the tables that are asked for.
bool sql_speaks_of(const config::ProfileArguments& arguments, const std::string& entities,
                   source::Source& source);
ColumnsOfTables columns_of(const std::string& conninfo, const Cancellation& stop);
// In an empty database.
void make_tables(const std::string& conninfo, const std::string& entities, const Cancellation& stop);
ExitCode describe_tables(const config::DescribeArguments& arguments, const config::Settings& settings,
                         source::Source& source, const std::string& conninfo, const Cancellation& stop);

}  // namespace peo
