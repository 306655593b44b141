#include "config/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "completion_texts.hpp"
#include "config/help_text.hpp"
#include "config/render.hpp"
#include "config/suggestions.hpp"
#include "verb_texts.hpp"

namespace peo::config {
namespace {

Error wrong_usage(const std::string& what) {
  return {ErrorKind::Fatal, ExitCode::CommandLine, what + "; see --help", {}};
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

// The verbs that are about tables of one's own.
struct TableVerbs {
  CLI::App* infer = nullptr;
  CLI::App* profile = nullptr;
  CLI::App* describe = nullptr;
  bool help = false, no_examples = false;
  std::string folder, html, rows;
  std::vector<std::string> tables, key;
  ProfileArguments arguments;

  void add_to(CLI::App& app) {
    for (auto [verb, name] : {std::pair(&infer, "infer"), {&profile, "profile"}, {&describe, "describe"}}) {
      *verb = app.add_subcommand(name)->allow_extras();
      (*verb)->set_help_flag();
      (*verb)->add_flag("-h,--help", help);
    }
    infer->add_option("DIR", folder);
    describe->add_option("DIR", folder);
    describe->add_flag("--no-examples", no_examples);
    for (auto* verb : {infer, profile}) {
      verb->add_option("TABLES", tables);
      verb->add_option("--rows", rows);
    }
    profile->add_option("--key", key)->delimiter(',')->expected(1, 1000);
    profile->add_flag("--json", arguments.json);
    profile->add_option("--html", html);
  }
};

// A verb that looks after a loader, with the options that it takes.
struct VerbOption {
  const char* name = "";
  Verb verb = Verb::Check;
  CLI::App* app = nullptr;
};

// The words of the command line as CLI11 sees them.
struct Parser {
  CLI::App app;
  CLI::App* run = nullptr;
  CLI::App* sample = nullptr;
  TableVerbs tables;
  CLI::App* completion = nullptr;
  std::array<VerbOption, 6> verbs = {{{"check", Verb::Check},
                                      {"plan", Verb::Plan},
                                      {"status", Verb::Status},
                                      {"verify", Verb::Verify},
                                      {"migrate", Verb::Migrate},
                                      {"healthcheck", Verb::Healthcheck}}};
  VerbCommand asked;
  bool verb_help = false, no_bucket = false;
  std::string shell;
  NumberOption limit{"--limit", nullptr};
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
    tables.add_to(app);
    for (auto& verb : verbs) add(verb);
    completion = app.add_subcommand("completion")->allow_extras();
    completion->set_help_flag();
    completion->add_flag("-h,--help", verb_help);
    completion->add_option("SHELL", shell);
  }

  void add(VerbOption& verb) {
    verb.app = app.add_subcommand(verb.name)->allow_extras();
    verb.app->set_help_flag();
    verb.app->add_flag("-h,--help", verb_help);
    verb.app->add_flag("--json", asked.json);
    if (verb.verb == Verb::Healthcheck) verb.app->add_flag("--ready", asked.ready);
    if (verb.verb == Verb::Status) verb.app->add_flag("--no-bucket", no_bucket);
    if (verb.verb == Verb::Verify) {
      verb.app->add_option(limit.name, limit.text);
      verb.app->add_option("ENTITY", asked.entities);
    }
  }
};

// What a word in the place of a verb probably should have been.
std::string meant(const Parser& parser, std::string_view word) {
  std::vector<std::string> verbs{"psql", "replay", "skip"};
  for (const auto* verb : parser.app.get_subcommands(nullptr)) verbs.push_back(verb->get_name());
  const auto distance = [&](const std::string& verb) { return edit_distance(word, verb); };
  const auto nearest = std::min_element(
      verbs.begin(), verbs.end(), [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
  return distance(*nearest) <= 2 ? fmt::format(" (is {} meant?)", *nearest) : "";
}

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
    if (text.find(parser.limit.name) != std::string_view::npos)
      throw wrong_usage(fmt::format("{} takes one whole number", parser.limit.name));
    throw wrong_usage("the command line can't be understood");
  }
  std::vector<CLI::App*> apps{&parser.app,           parser.run,          parser.sample,
                              parser.completion,     parser.tables.infer, parser.tables.profile,
                              parser.tables.describe};
  for (const auto& verb : parser.verbs) apps.push_back(verb.app);
  for (CLI::App* app : apps) {
    const auto extras = app->remaining();
    if (extras.empty()) continue;
    const auto& word = extras.front();
    const bool as_verb = app == &parser.app && argc > 1 && word == argv[1] && word.size() < 40;
    throw wrong_usage("unknown argument " + shown_argument(word) + (as_verb ? meant(parser, word) : ""));
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

std::optional<Command> table_command(const TableVerbs& verbs) {
  if (!verbs.infer->parsed() && !verbs.profile->parsed() && !verbs.describe->parsed()) return std::nullopt;
  if (verbs.help) return PrintCommand{table_verbs_help_text()};
  for (const auto& word : verbs.tables) {  // an option that CLI11 doesn't know lands among the names
    if (word.starts_with('-')) throw wrong_usage("unknown argument " + shown_argument(word));
  }
  std::optional<std::uint64_t> rows;
  if (!verbs.rows.empty()) rows = whole_number({"--rows", nullptr, verbs.rows});
  if (verbs.profile->parsed()) {
    auto arguments = verbs.arguments;
    arguments.tables = verbs.tables;
    arguments.key = verbs.key;
    arguments.html = verbs.html;
    arguments.rows = rows;
    if (!arguments.key.empty() && arguments.tables.size() != 1)
      throw wrong_usage("--key is of one table: profile TABLE --key column,column");
    return arguments;
  }
  if (verbs.folder.empty())
    throw wrong_usage(fmt::format("{0} needs the folder to write to: {0} DIR",
                                  verbs.infer->parsed() ? "infer" : "describe"));
  if (verbs.describe->parsed()) return DescribeArguments{verbs.folder, !verbs.no_examples};
  return InferArguments{verbs.folder, verbs.tables, rows};
}

std::string completion_of(const std::string& shell) {
  for (const auto& [name, text] : completion_texts::all) {
    if (name == shell + ".txt") return std::string(text);
  }
  throw wrong_usage("completion needs the shell: completion bash, completion zsh or completion fish");
}

VerbCommand verb_command(const Parser& parser, Verb verb) {
  auto command = parser.asked;
  command.verb = verb;
  command.bucket = !parser.no_bucket;
  if (!parser.limit.text.empty()) command.limit = whole_number(parser.limit);
  for (const auto& entity : command.entities) {
    if (entity.starts_with('-')) throw wrong_usage("unknown argument " + shown_argument(entity));
  }
  return command;
}

std::string_view verb_text(std::string_view verb) {
  for (const auto& [name, text] : verb_texts::all) {
    if (name == std::string(verb) + ".txt") return text;
  }
  return {};
}

// A verb other than run, sample and psql; none: one of those, or none at all.
std::optional<Command> other_verb(const Parser& parser) {
  if (parser.completion->parsed()) {
    if (parser.verb_help) return PrintCommand{std::string(verb_texts::completion)};
    return PrintCommand{completion_of(parser.shell)};
  }
  for (const auto& verb : parser.verbs) {
    if (!verb.app->parsed()) continue;
    if (!parser.verb_help) return verb_command(parser, verb.verb);
    return PrintCommand{std::string(verb_text(verb.name))};
  }
  return std::nullopt;
}

}  // namespace

Command read_command_line(int argc, const char* const* argv) {
  if (argc > 1 && std::string_view(argv[1]) == "psql") {
    std::vector<std::string> arguments{argv + 2, argv + argc};
    const bool help = arguments.size() == 1 && (arguments.front() == "--help" || arguments.front() == "-h");
    if (help) return PrintCommand{std::string(verb_text("psql"))};
    return PsqlCommand{std::move(arguments)};
  }
  if (auto request = request_arguments({argv + std::min(argc, 1), argv + argc})) {
    if (auto* help = std::get_if<std::string>(&*request)) return PrintCommand{std::move(*help)};
    return std::get<RequestArguments>(*std::move(request));
  }
  Parser parser;
  parse(parser, argc, argv);
  if (parser.help) return PrintCommand{help_text()};
  if (parser.sample_help) return PrintCommand{sample_help_text()};
  const int asked = int{parser.version} + int{parser.print_config} + int{parser.config_sample};
  auto other = table_command(parser.tables);
  if (!other) other = other_verb(parser);
  const bool verb = parser.run->parsed() || parser.sample->parsed() || other;
  if (asked > 1 || (asked == 1 && verb)) {
    throw wrong_usage("--version, --print-config and --config-sample stand alone");
  }
  if (parser.version) return PrintCommand{version_text()};
  if (parser.config_sample) return PrintCommand{config_sample()};
  if (parser.print_config) return PrintConfigCommand{};
  if (parser.sample->parsed()) return sample_arguments(parser);
  if (other) return *std::move(other);
  return RunCommand{};
}

}  // namespace peo::config
