#include "cli/command_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/spelling.hpp"
#include "base/version.hpp"
#include "cli/environment.hpp"
#include "cli/options.hpp"
#include "cli/print.hpp"
#include "cli/setting_flags.hpp"
#include "config/render.hpp"
#include "config/settings.hpp"

namespace peo::cli {
namespace {

constexpr const char* description =
    R"(paper-engine-orders loads the files of a replicated database from an S3
bucket into PostgreSQL, in order and each exactly once, and notifies
subscribers over NATS of what changed.
)";

constexpr const char* exit_codes = R"(Exit codes:
   0  done, nothing to do, or stopped by a signal
  64  invalid command line
  65  invalid input data: truncated gzip, too many fields in a row
  69  a dependency is unavailable permanently
  70  internal error
  74  local I/O error
  75  a dependency is unavailable temporarily; try again
  77  permission denied by the bucket or by PostgreSQL
  78  invalid configuration, missing bucket, or table without a key
)";

// CLI11's help, except that the list of commands shows their arguments and only the first line of their help,
// and that the program's help ends with the settings and exit codes.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter() {
    column_width(24);
    label("SUBCOMMAND", "COMMAND");
    label("Positionals", "Arguments");
    label("REQUIRED", "");
  }

  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    const auto* const program = app->get_parent();
    // `run` is the default command.
    if (mode == CLI::AppFormatMode::Normal && program != nullptr && app->get_name() == "run")
      return make_help(program, program->get_name(), mode);
    auto text = Formatter::make_help(app, name, mode);
    if (program != nullptr || mode == CLI::AppFormatMode::Sub) return text;
    const bool all = mode == CLI::AppFormatMode::All;
    return text + fmt::format("Environment variables (an empty one is not set{}):\n{}\n{}",
                              all ? "" : "; --help-all lists all", config::settings_help(all), exit_codes);
  }

  std::string make_subcommand(const CLI::App* app) const override {
    auto name = app->get_name();
    for (const auto* option : app->get_options()) {
      if (option->get_positional()) name += " " + make_option_usage(option);
    }
    std::stringstream out;
    const auto about = app->get_description();
    CLI::detail::format_help(out, name, about.substr(0, about.find('\n')), column_width_);
    return out.str();
  }
};

Error wrong_usage(const std::string& what) {
  return {ErrorKind::Fatal, ExitCode::CommandLine, what + "; see --help", {}};
}

// Suggests the command or option that was probably meant.
std::string suggestion(const std::vector<std::string>& known, std::string_view word) {
  if (word.size() >= 40) return "";
  const auto distance = [&](const std::string& name) { return edit_distance(word, name); };
  const auto nearest = std::ranges::min_element(known, {}, distance);
  return nearest != known.end() && distance(*nearest) <= 2 ? fmt::format(" (did you mean {}?)", *nearest)
                                                           : "";
}

std::vector<std::string> commands_of(const CLI::App& program) {
  std::vector<std::string> names;
  for (const auto* command : program.get_subcommands(nullptr)) names.push_back(command->get_name());
  return names;
}

// With the program's own options, which may follow the command.
std::vector<std::string> options_of(const CLI::App& program) {
  std::vector<std::string> names;
  const auto take = [&names](const CLI::App& app) {
    for (const auto* option : app.get_options()) {
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
  };
  take(program);
  for (const auto* command : program.get_subcommands()) take(*command);
  return names;
}

Error unknown_argument(const CLI::App& program, std::string_view first) {
  const auto unknown = program.remaining(true).front();
  std::string meant;
  if (unknown.starts_with("--")) {
    meant = suggestion(options_of(program), unknown.substr(0, unknown.find('=')));
  } else if (unknown == first && program.get_subcommands().empty()) {
    meant = suggestion(commands_of(program), unknown);
  }
  return wrong_usage("unknown argument " + shown_argument(unknown) + meant);
}

// Shows the arguments that a command requires: "skip KEY --reason WHY".
Error missing_argument(const CLI::App& command) {
  std::string usage = command.get_name();
  for (const auto* option : command.get_options()) {
    if (!option->get_required()) continue;
    usage += " " + option->get_name();
    if (option->nonpositional()) usage += " " + option->get_type_name();
  }
  return wrong_usage(fmt::format("a required argument is missing: {}", usage));
}

// CLI11's error text is not shown, because it may contain a value (a secret). It begins with the option's
// name.
Error wrong_count(const CLI::App& command, std::string_view text) {
  const std::string name(text.substr(0, text.find(':')));
  const auto* const option = command.get_option_no_throw(name);
  if (option == nullptr) return wrong_usage("the command line can't be parsed");
  return wrong_usage(
      fmt::format("{} takes one {}", name, option->get_type_name() == "N" ? "integer" : "value"));
}

std::string version_text() {
  constexpr const char* revision = PEO_REVISION;  // "" when the build had none
  return *revision == '\0' ? fmt::format("paper-engine-orders {}\n", version)
                           : fmt::format("paper-engine-orders {} ({})\n", version, revision);
}

class Parser {
 public:
  explicit Parser(const char* program) {
    app_.formatter(std::make_shared<HelpFormatter>());
    app_.set_help_flag("-h,--help", "print this help");
    // Without a command the program runs the loader, as containers and services start it.
    app_.require_subcommand(0, 1);
    auto run = std::make_shared<RunCommand>();
    run->program_path = program;
    given_ = run;
    add(run);
    add(std::make_shared<CheckCommand>());
    add(std::make_shared<PlanCommand>());
    add(std::make_shared<StatusCommand>());
    add(std::make_shared<VerifyCommand>());
    add(std::make_shared<MigrateCommand>());
    add(std::make_shared<RequestCommand>(Request::Verb::Replay));
    add(std::make_shared<RequestCommand>(Request::Verb::Skip));
    add(std::make_shared<HealthcheckCommand>());
    add(std::make_shared<SampleCommand>());
    add(std::make_shared<InferCommand>());
    add(std::make_shared<ProfileCommand>());
    add(std::make_shared<DescribeCommand>());
    add(std::make_shared<PsqlCommand>());
    add(std::make_shared<CompletionCommand>());
    app_.set_help_all_flag("--help-all", "print the help of all commands and settings");
    app_.add_option("--env-file", env_file_,
                    "read variables from FILE; those set in the\nenvironment take precedence")
        ->type_name("FILE");
    flags_.add_to(app_);
    app_.add_flag("-V,-v,--version", version_, "print the version");
    app_.add_flag("--print-config", print_config_,
                  "print the effective settings and where each\ncomes from, secrets masked");
    app_.add_flag("--config-sample", config_sample_,
                  "print all settings with their defaults, in the\nformat of --env-file");
  }

  std::shared_ptr<Command> parse(int argc, const char* const* argv) {
    const auto printed = [](std::string text) { return std::make_shared<PrintCommand>(std::move(text)); };
    try {
      app_.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
      return printed(app_.help());
    } catch (const CLI::CallForAllHelp&) {
      return printed(app_.help("", CLI::AppFormatMode::All));
    } catch (const CLI::ExtrasError&) {
      throw unknown_argument(app_, argv[1]);
    } catch (const CLI::RequiredError&) {
      throw missing_argument(command());
    } catch (const CLI::ArgumentMismatch& error) {
      throw wrong_count(command(), error.what());
    } catch (const CLI::ValidationError& error) {  // thrown by this program's own checks
      throw wrong_usage(error.what());
    } catch (const CLI::ParseError&) {  // its text may contain a value, and so a secret
      throw wrong_usage("the command line can't be parsed");
    }
    // CLI11 also accepts these flags in front of a command.
    const int alone = int{version_} + int{print_config_} + int{config_sample_};
    if (alone > 1 || (alone == 1 && !app_.get_subcommands().empty()))
      throw wrong_usage("--version, --print-config and --config-sample must be used alone");
    if (version_) return printed(version_text());
    if (config_sample_) return printed(config::config_sample());
    if (given_->needs_settings()) {
      flags_.set_variables();
      add_environment(env_file_);
    } else if (!flags_.first().empty()) {
      throw wrong_usage(fmt::format("{} doesn't accept {}", command().get_name(), flags_.first()));
    }
    if (print_config_) return std::make_shared<PrintConfigCommand>(flags_.given());
    return given_;
  }

 private:
  template <typename Added>
  void add(const std::shared_ptr<Added>& command) {
    // Options of the program may follow the command.
    command->add_to(app_)->fallthrough()->group("Commands")->callback([this, command] { given_ = command; });
  }

  // The given command, or the program if there is none.
  const CLI::App& command() const {
    const auto given = app_.get_subcommands();
    return given.empty() ? app_ : *given.front();
  }

  CLI::App app_{description, "paper-engine-orders"};
  std::shared_ptr<Command> given_;
  std::string env_file_;
  SettingFlags flags_;
  bool version_ = false, print_config_ = false, config_sample_ = false;
};

}  // namespace

std::shared_ptr<Command> read_command_line(int argc, const char* const* argv) {
  using namespace std::string_view_literals;
  // Everything after psql belongs to psql, including options and --, except the help of this program.
  const bool psql = argc > 1 && argv[1] == "psql"sv;
  if (psql && (argc != 3 || (argv[2] != "--help"sv && argv[2] != "-h"sv))) {
    add_environment("");
    return std::make_shared<PsqlCommand>(std::vector<std::string>{argv + 2, argv + argc});
  }
  std::vector<const char*> arguments{argv, argv + argc};
  if (argc > 1 && argc <= 3 && argv[1] == "help"sv) {  // help, help COMMAND
    arguments.erase(arguments.begin() + 1);
    arguments.push_back("--help");
  }
  Parser parser(argc > 0 ? argv[0] : "paper-engine-orders");
  return parser.parse(static_cast<int>(arguments.size()), arguments.data());
}

ExitCode PrintCommand::run() {
  print(text);
  return ExitCode::Done;
}

ExitCode PrintConfigCommand::run() {
  auto settings = config::read_settings(config::process_environment());
  for (auto& line : settings.effective) {
    if (const auto flag = flags.find(line.name); flag != flags.end()) line.origin = flag->second;
  }
  print(config::print_config(settings));
  return ExitCode::Done;
}

}  // namespace peo::cli
