// The verbs about tables of one's own: infer, profile, describe. Results go to standard output.
#pragma once
#include <string>

#include "base/error.hpp"
#include "base/stop.hpp"
#include "config/command_line.hpp"
#include "config/settings.hpp"
#include "source/source.hpp"

namespace peo {

ExitCode infer_tables(const config::InferArguments& arguments, const config::Settings& settings,
                      source::Source& source, const Stop& stop);
ExitCode profile_tables(const config::ProfileArguments& arguments, const config::Settings& settings,
                        source::Source& source, const Stop& stop);
// In an empty database.
void make_tables(const std::string& conninfo, const std::string& entities, const Stop& stop);
ExitCode describe_tables(const config::DescribeArguments& arguments, const config::Settings& settings,
                         source::Source& source, const std::string& conninfo, const Stop& stop);

}  // namespace peo
