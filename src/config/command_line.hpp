// What was asked for on the command line. Settings don't come from here but from the environment.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace peo::config {

// The loader itself: `run`, or no verb at all.
struct RunCommand {};

// `sample DIR`: writes a sample bucket. What is not given is the sample generator's to decide.
struct SampleArguments {
  std::filesystem::path folder;
  std::optional<std::uint64_t> strategies, orders, executions, days, seed, load_files;
};

// `psql ARGS…`: opens the embedded database; the arguments are psql's own.
struct PsqlCommand {
  std::vector<std::string> arguments;
};

// --print-config: needs the settings.
struct PrintConfigCommand {};

// --help, --version, --config-sample: the text for standard output, then exit 0.
struct PrintCommand {
  std::string text;
};

using Command = std::variant<RunCommand, SampleArguments, PsqlCommand, PrintConfigCommand, PrintCommand>;

// Wrong usage: an Error with ExitCode::CommandLine, one line. argv[0] is the program.
Command read_command_line(int argc, const char* const* argv);

}  // namespace peo::config
