#include "config/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <string_view>

#include "base/error.hpp"
#include "config/config_text.hpp"
#include "config/help_text.hpp"

namespace peo::config {
namespace {

Error wrong_usage(const std::string& what) {
  return {ErrorKind::Stop, ExitCode::CommandLine, what + "; see --help", {}};
}

// An argument for a message. Somebody may have put a connection string here, so only what stands before a
// "=", and nothing of an address.
std::string shown_argument(std::string_view argument) {
  const auto equals = argument.find('=');
  const auto name = argument.substr(0, equals);
  if (name.find_first_of("@:") != std::string_view::npos)
    return "an argument (not shown, it may hold a secret)";
  return fmt::format("\"{}{}\"", shortened(name, 40), equals == std::string_view::npos ? "" : "=…");
}

struct NumberOption {
  const char* name;
  std::optional<std::uint64_t> SampleArguments::*member;
  std::string text{};
};

std::uint64_t whole_number(const NumberOption& option) {
  std::uint64_t number = 0;
  const char* const end = option.text.data() + option.text.size();
  const auto [stop, failed] = std::from_chars(option.text.data(), end, number);
  if (failed != std::errc{} || stop != end) {
    throw wrong_usage(
        fmt::format("{} takes a whole number, not {}", option.name, shown_argument(option.text)));
  }
  return number;
}

// The words of the command line as CLI11 sees them.
struct Parser {
  CLI::App app;
  CLI::App* run = nullptr;
  CLI::App* sample = nullptr;
  bool help = false, version = false, print_config = false, config_sample = false, sample_help = false;
  std::string folder;
  std::array<NumberOption, 6> numbers = {{{"--strategies", &SampleArguments::strategies},
                                          {"--orders", &SampleArguments::orders},
                                          {"--executions", &SampleArguments::executions},
                                          {"--days", &SampleArguments::days},
                                          {"--seed", &SampleArguments::seed},
                                          {"--load-files", &SampleArguments::load_files}}};

  Parser() {
    app.set_help_flag();  // ours alone
    app.add_flag("-h,--help", help);
    app.add_flag("--version", version);
    app.add_flag("--print-config", print_config);
    app.add_flag("--config-sample", config_sample);
    app.require_subcommand(0, 1);
    app.allow_extras();  // looked at here, so that the message is ours
    run = app.add_subcommand("run")->allow_extras();
    run->set_help_flag();
    run->add_flag("-h,--help", help);
    sample = app.add_subcommand("sample")->allow_extras();
    sample->set_help_flag();
    sample->add_flag("-h,--help", sample_help);
    sample->add_option("DIR", folder);
    for (auto& number : numbers) sample->add_option(number.name, number.text);
  }
};

void parse(Parser& parser, int argc, const char* const* argv) {
  try {
    parser.app.parse(argc, argv);
  } catch (const CLI::Error& error) {  // its own exit codes and texts stay here: a text may hold a value
    const std::string_view text = error.what();
    for (const auto& number : parser.numbers) {
      if (text.find(number.name) != std::string_view::npos) {
        throw wrong_usage(fmt::format("{} takes one whole number", number.name));
      }
    }
    throw wrong_usage("the command line can't be understood");
  }
  for (CLI::App* app : {&parser.app, parser.run, parser.sample}) {
    const auto extras = app->remaining();
    if (!extras.empty()) throw wrong_usage("unknown argument " + shown_argument(extras.front()));
  }
}

SampleArguments sample_arguments(const Parser& parser) {
  SampleArguments arguments;
  if (parser.folder.empty()) throw wrong_usage("sample needs the folder to write to: sample DIR");
  arguments.folder = parser.folder;
  for (const auto& number : parser.numbers) {
    if (!number.text.empty()) arguments.*number.member = whole_number(number);
  }
  return arguments;
}

}  // namespace

Command read_command_line(int argc, const char* const* argv) {
  if (argc > 1 && std::string_view(argv[1]) == "psql") return PsqlCommand{{argv + 2, argv + argc}};
  Parser parser;
  parse(parser, argc, argv);
  if (parser.help) return PrintCommand{help_text()};
  if (parser.sample_help) return PrintCommand{sample_help_text()};
  const int asked = int{parser.version} + int{parser.print_config} + int{parser.config_sample};
  const bool verb = parser.run->parsed() || parser.sample->parsed();
  if (asked > 1 || (asked == 1 && verb)) {
    throw wrong_usage("--version, --print-config and --config-sample stand alone");
  }
  if (parser.version) return PrintCommand{version_text()};
  if (parser.config_sample) return PrintCommand{config_sample()};
  if (parser.print_config) return PrintConfigCommand{};
  if (parser.sample->parsed()) return sample_arguments(parser);
  return RunCommand{};
}

}  // namespace peo::config
