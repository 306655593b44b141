// What was asked for on the command line. Settings don't come from here but from the environment.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/request_arguments.hpp"

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

// `infer DIR`: drafts of the tables' SQL, from the bucket's files. No tables: all.
struct InferArguments {
  std::filesystem::path folder;
  std::vector<std::string> tables;
  std::optional<std::uint64_t> rows;  // of a file, at most; 0: all
};

// `profile [TABLE…]`: what the bucket's files hold.
struct ProfileArguments {
  std::vector<std::string> tables;
  std::vector<std::string> key;  // of the one table
  bool json = false;
  std::filesystem::path html;  // empty: none
  std::optional<std::uint64_t> rows;
};

// `describe DIR`: documents of the target's tables.
struct DescribeArguments {
  std::filesystem::path folder;
  bool examples = true;  // values from the files
};

// The verbs that look after a loader. What an option doesn't belong to leaves it as it is.
enum class Verb { Check, Plan, Status, Verify, Migrate, Healthcheck };
struct VerbCommand {
  Verb verb = Verb::Check;
  bool json = false;
  bool ready = false;                 // healthcheck
  bool bucket = true;                 // status
  std::uint64_t limit = 20;           // verify
  std::vector<std::string> entities;  // verify; empty: all
};

// --print-config: needs the settings.
struct PrintConfigCommand {};

// --help, --version, --config-sample: the text for standard output, then exit 0.
struct PrintCommand {
  std::string text;
};

// RequestArguments: `replay KEY…`, `skip KEY… --reason WHY`.
using Command =
    std::variant<RunCommand, SampleArguments, PsqlCommand, InferArguments, ProfileArguments,
                 DescribeArguments, RequestArguments, VerbCommand, PrintConfigCommand, PrintCommand>;

// Wrong usage: an Error with ExitCode::CommandLine, one line. argv[0] is the program.
Command read_command_line(int argc, const char* const* argv);

}  // namespace peo::config
