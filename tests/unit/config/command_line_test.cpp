// Each command line gives the right command and settings, and a wrong one a one-line error with exit code 64.
#include "config/command_line.hpp"

#include <gmock/gmock.h>

#include <initializer_list>
#include <sstream>

#include "base/error.hpp"
#include "base/version.hpp"
#include "config/render.hpp"
#include "config/setting_list.hpp"

namespace peo::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Command command(std::initializer_list<const char*> arguments) {
  std::vector<const char*> argv = {"paper-engine-orders"};
  argv.insert(argv.end(), arguments);
  const int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  return read_command_line(argc, argv.data());
}

std::string error_of(std::initializer_list<const char*> arguments) {
  try {
    command(arguments);
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::CommandLine);
    EXPECT_THAT(error.describe(), HasSubstr("see --help"));
    EXPECT_THAT(error.describe(), Not(HasSubstr("\n")));
    return error.describe();
  }
  ADD_FAILURE() << "no error for " << (arguments.size() == 0 ? "" : *arguments.begin());
  return {};
}

std::string printed(std::initializer_list<const char*> arguments) {
  return std::get<PrintCommand>(command(arguments)).text;
}

TEST(CommandLine, RunIsTheDefault) {
  EXPECT_TRUE(std::holds_alternative<RunCommand>(command({})));
  EXPECT_TRUE(std::holds_alternative<RunCommand>(command({"run"})));
}

TEST(CommandLine, Sample) {
  const auto plain = std::get<SampleArguments>(command({"sample", "some/dir"}));
  EXPECT_EQ(plain.folder, "some/dir");
  for (const auto& number :
       {plain.strategies, plain.orders, plain.executions, plain.days, plain.seed, plain.load_files}) {
    EXPECT_FALSE(number);
  }
  const auto full = std::get<SampleArguments>(
      command({"sample", "--strategies", "1", "--orders=2", "dir", "--executions", "3", "--days", "0",
               "--seed", "18446744073709551615", "--load-files", "6"}));
  EXPECT_EQ(full.folder, "dir");
  EXPECT_EQ(full.strategies, 1U);
  EXPECT_EQ(full.orders, 2U);
  EXPECT_EQ(full.executions, 3U);
  EXPECT_EQ(full.days, 0U);
  EXPECT_EQ(full.seed, UINT64_MAX);
  EXPECT_EQ(full.load_files, 6U);
}

TEST(CommandLine, PsqlTakesEverythingThatFollows) {
  EXPECT_THAT(std::get<PsqlCommand>(command({"psql"})).arguments, ElementsAre());
  EXPECT_THAT(std::get<PsqlCommand>(command({"psql", "-c", "select 1", "--help", "--", "-x", ""})).arguments,
              ElementsAre("-c", "select 1", "--help", "--", "-x", ""));
  EXPECT_THAT(printed({"psql", "--help"}), HasSubstr("goes to psql"));
  EXPECT_EQ(printed({"psql", "-h"}), printed({"psql", "--help"}));
}

TEST(CommandLine, Texts) {
  EXPECT_TRUE(std::holds_alternative<PrintConfigCommand>(command({"--print-config"})));
  EXPECT_EQ(printed({"--config-sample"}), config_sample());
  EXPECT_THAT(printed({"--version"}), HasSubstr("paper-engine-orders " + std::string(version)));
  EXPECT_THAT(printed({"sample", "--help"}), HasSubstr("--load-files N"));
  const auto help = printed({"--help"});
  EXPECT_EQ(printed({"-h"}), help);
  EXPECT_EQ(printed({"run", "--help"}), help);
  for (const auto& name : all_names()) EXPECT_THAT(help, HasSubstr(name));
  for (const char* part :
       {"\n   0  done", "\n  64  ", "\n  65  ", "\n  69  ", "\n  70  ", "\n  74  ", "\n  75  ", "\n  77  ",
        "\n  78  ", "sample DIR", "psql", "--print-config", "--config-sample", "--version"}) {
    EXPECT_THAT(help, HasSubstr(part));
  }
}

// A terminal has 80 columns, and the manual page takes up seven of them with its margin. Connection strings
// can't be parted.
TEST(CommandLine, HelpIsNarrow) {
  for (const char* verb : {"run", "check", "plan", "status", "verify", "migrate", "replay", "skip",
                           "healthcheck", "sample", "infer", "profile", "describe", "psql", "completion"}) {
    std::istringstream lines(printed({verb, "--help"}));
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("      Example: ")) continue;
      EXPECT_LE(line.size(), 71U) << verb << ": " << line;
    }
  }
}

TEST(CommandLine, AMisspeltVerbIsRecognized) {
  EXPECT_THAT(error_of({"stauts"}), HasSubstr("is status meant?"));
  EXPECT_THAT(error_of({"chek"}), HasSubstr("is check meant?"));
  EXPECT_THAT(error_of({"replya", "key"}), HasSubstr("is replay meant?"));
  EXPECT_THAT(error_of({"walk"}), Not(HasSubstr("meant")));
  EXPECT_THAT(error_of({"status", "stats"}), Not(HasSubstr("meant")));
}

TEST(CommandLine, WrongUsageIs64AndOneLine) {
  EXPECT_THAT(error_of({"walk"}), HasSubstr("unknown argument \"walk\""));
  EXPECT_THAT(error_of({"--walk"}), HasSubstr("\"--walk\""));
  EXPECT_THAT(error_of({"-x"}), HasSubstr("\"-x\""));
  EXPECT_THAT(error_of({""}), HasSubstr("\"\""));
  EXPECT_THAT(error_of({"run", "now"}), HasSubstr("\"now\""));
  EXPECT_THAT(error_of({"run", "sample", "dir"}), HasSubstr("unknown argument"));
  EXPECT_THAT(error_of({"sample"}), HasSubstr("sample DIR"));
  EXPECT_THAT(error_of({"sample", "dir", "second"}), HasSubstr("\"second\""));
  EXPECT_THAT(error_of({"sample", "dir", "--orders"}), HasSubstr("--orders takes one whole number"));
  EXPECT_THAT(error_of({"sample", "dir", "--days", "1", "--days", "2"}),
              HasSubstr("--days takes one whole number"));
  for (const char* number : {"x", "-1", "+1", "1.5", "1e3", "18446744073709551616", " 1"}) {
    EXPECT_THAT(error_of({"sample", "dir", "--seed", number}), HasSubstr("--seed takes a whole number"))
        << number;
  }
  EXPECT_THAT(error_of({"--version", "--print-config"}), HasSubstr("stand alone"));
  EXPECT_THAT(error_of({"--print-config", "run"}), HasSubstr("stand alone"));
  error_of({"--version=maybe"});
  error_of({"a\nb"});
}

TEST(CommandLine, AConnectionStringInTheWrongPlaceIsNotShown) {
  for (const char* argument :
       {"TARGET=password=marker", "postgres://u:marker@h/db", "--target=marker", "nats://marker@h"}) {
    EXPECT_THAT(error_of({argument}), Not(HasSubstr("marker"))) << argument;
    EXPECT_THAT(error_of({"run", argument}), Not(HasSubstr("marker"))) << argument;
    EXPECT_THAT(error_of({"sample", "dir", "--orders", argument}), Not(HasSubstr("marker"))) << argument;
  }
}

TEST(CommandLine, TablesOfOnesOwn) {
  const auto infer = std::get<InferArguments>(command({"infer", "db", "orders", "--rows", "100"}));
  EXPECT_EQ(infer.folder, "db");
  EXPECT_THAT(infer.tables, ElementsAre("orders"));
  EXPECT_EQ(infer.rows, 100U);
  const auto profile = std::get<ProfileArguments>(
      command({"profile", "orders", "--key", "a,b", "--json", "--html", "page.html"}));
  EXPECT_THAT(profile.key, ElementsAre("a", "b"));
  EXPECT_TRUE(profile.json);
  EXPECT_EQ(profile.html, "page.html");
  EXPECT_FALSE(profile.rows);
  EXPECT_TRUE(std::get<ProfileArguments>(command({"profile"})).tables.empty());
  EXPECT_FALSE(std::get<DescribeArguments>(command({"describe", "docs", "--no-examples"})).examples);
  EXPECT_THAT(printed({"infer", "--help"}), HasSubstr("describe DIR [--no-examples]"));
  EXPECT_THAT(error_of({"infer"}), HasSubstr("infer DIR"));
  EXPECT_THAT(error_of({"profile", "--jsn"}), HasSubstr("--jsn"));
  EXPECT_THAT(error_of({"profile", "a", "b", "--key", "x"}), HasSubstr("one table"));
  EXPECT_THAT(error_of({"infer", "db", "--rows", "many"}), HasSubstr("whole number"));
  EXPECT_THAT(error_of({"describe", "docs", "more"}), HasSubstr("unknown argument"));
}

}  // namespace
}  // namespace peo::config
