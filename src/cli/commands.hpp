// The commands of the program. Each has a file <command>.cpp with its options, its help and what it does.
//
// add_to() declares the command on the command line: CLI11 fills the members. run() does the work and prints
// the result on standard output. Errors are peo::Error. One thread.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/delivery.hpp"
#include "base/error.hpp"

namespace CLI {
class App;
}

namespace peo::cli {

class Command {
 public:
  Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  virtual ~Command() = default;

  virtual ExitCode run() = 0;
  virtual bool needs_settings() const { return true; }
  // Whether its errors go to the log instead of the terminal.
  virtual bool logs_errors() const { return false; }

  bool json = false;  // errors are printed as JSON, too
};

// The loader itself; the default command.
struct RunCommand : Command {
  CLI::App* add_to(CLI::App& program);
  ExitCode run() override;
  bool logs_errors() const override { return true; }
  std::string program_path;  // argv[0], for a command to copy from the log
};

struct CheckCommand : Command {
  CLI::App* add_to(CLI::App& program);
  ExitCode run() override;
};

struct PlanCommand : Command {
  CLI::App* add_to(CLI::App& program);
  ExitCode run() override;
};

struct StatusCommand : Command {
  CLI::App* add_to(CLI::App& program);
  ExitCode run() override;
  bool no_bucket = false;
};

struct VerifyCommand : Command {
  CLI::App* add_to(CLI::App& program);
  ExitCode run() override;
  std::optional<std::uint64_t> limit;
  std::vector<std::string> entities;  // empty: all
};

struct MigrateCommand : Command {
  bool recreate = false;
  CLI::App* add_to(CLI::App& program);
  ExitCode run() override;
};

// `replay` and `skip`.
struct RequestCommand : Command {
  explicit RequestCommand(Request::Verb given) : verb(given) {}
  CLI::App* add_to(CLI::App& program);
  ExitCode run() override;
  Request::Verb verb;
  std::vector<std::string> keys;  // with or without bucket_path
  std::string reason;
};

struct HealthcheckCommand : Command {
  CLI::App* add_to(CLI::App& program);
  ExitCode run() override;
  bool ready = false;
};

// Options that are not given are left to the sample generator.
struct SampleCommand : Command {
  CLI::App* add_to(CLI::App& program);
  ExitCode run() override;
  bool needs_settings() const override { return false; }
  std::filesystem::path directory;
  std::optional<std::uint64_t> strategies, orders, executions, days, seed, load_files;
  std::string format = "csv";  // or "parquet"
};

struct InferCommand : Command {
  CLI::App* add_to(CLI::App& program);
  ExitCode run() override;
  std::filesystem::path directory;
  std::vector<std::string> tables;    // empty: all
  std::optional<std::uint64_t> rows;  // to read of a file, at most; 0: all
  std::string names = "snake_case";   // or "source"
};

struct ProfileCommand : Command {
  CLI::App* add_to(CLI::App& program);
  ExitCode run() override;
  std::vector<std::string> tables;
  std::vector<std::string> key;  // of the single table
  std::filesystem::path html;    // empty: none
  std::optional<std::uint64_t> rows;
};

struct DescribeCommand : Command {
  CLI::App* add_to(CLI::App& program);
  ExitCode run() override;
  std::filesystem::path directory;
  bool examples = false;
};

struct PsqlCommand : Command {
  explicit PsqlCommand(std::vector<std::string> given = {}) : arguments(std::move(given)) {}
  CLI::App* add_to(CLI::App& program);
  ExitCode run() override;
  std::vector<std::string> arguments;  // of psql
};

struct CompletionCommand : Command {
  CLI::App* add_to(CLI::App& program);
  ExitCode run() override;
  bool needs_settings() const override { return false; }
  std::string shell;
};

// --help, --version, --config-sample.
struct PrintCommand : Command {
  explicit PrintCommand(std::string given) : text(std::move(given)) {}
  ExitCode run() override;
  std::string text;
};

struct PrintConfigCommand : Command {
  explicit PrintConfigCommand(std::map<std::string, std::string> given) : flags(std::move(given)) {}
  ExitCode run() override;
  std::map<std::string, std::string> flags;  // by the variable that they set
};

}  // namespace peo::cli
