// The command line: which command was given, with its options. Settings come from the environment instead.
#pragma once
#include <memory>

#include "cli/commands.hpp"

namespace peo::cli {

// argv[0] is the program. Wrong usage is an Error with ExitCode::CommandLine, one line, and shows no secret
// that stands in the wrong place.
std::shared_ptr<Command> read_command_line(int argc, const char* const* argv);

}  // namespace peo::cli
