// The command line: which command was given, with its options. Settings come from the environment instead.
#pragma once
#include <memory>

#include "cli/commands.hpp"

namespace peo::cli {

// Wrong usage is an Error with ExitCode::CommandLine, in one line, that shows no argument which may hold a
// secret. argv[0] is the program.
std::shared_ptr<Command> read_command_line(int argc, const char* const* argv);

}  // namespace peo::cli
