// Each command line gives the right command and settings, and a wrong one a one-line error with exit code 64.
#include "cli/command_line.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <sstream>

#include "base/error.hpp"
#include "base/version.hpp"
#include "config/render.hpp"
#include "config/setting_list.hpp"

namespace peo::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::shared_ptr<Command> command(std::initializer_list<const char*> arguments) {
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

template <typename Expected>
bool is(const std::shared_ptr<Command>& command) {
  return dynamic_cast<const Expected*>(command.get()) != nullptr;
}
template <typename Expected>
std::shared_ptr<Expected> as(const std::shared_ptr<Command>& command) {
  auto cast = std::dynamic_pointer_cast<Expected>(command);
  if (cast == nullptr) throw std::logic_error("another command");
  return cast;
}

std::string printed(std::initializer_list<const char*> arguments) {
  return as<PrintCommand>(command(arguments))->text;
}

TEST(CommandLine, RunIsTheDefault) {
  EXPECT_TRUE(is<RunCommand>(command({})));
  EXPECT_TRUE(is<RunCommand>(command({"run"})));
}

TEST(CommandLine, Sample) {
  const auto plain = as<SampleCommand>(command({"sample", "some/dir"}));
  EXPECT_EQ(plain->directory, "some/dir");
  for (const auto& number :
       {plain->strategies, plain->orders, plain->executions, plain->days, plain->seed, plain->load_files}) {
    EXPECT_FALSE(number);
  }
  const auto full =
      as<SampleCommand>(command({"sample", "--strategies", "1", "--orders=2", "dir", "--executions", "3",
                                 "--days", "0", "--seed", "18446744073709551615", "--load-files", "6"}));
  EXPECT_EQ(full->directory, "dir");
  EXPECT_EQ(full->strategies, 1U);
  EXPECT_EQ(full->orders, 2U);
  EXPECT_EQ(full->executions, 3U);
  EXPECT_EQ(full->days, 0U);
  EXPECT_EQ(full->seed, UINT64_MAX);
  EXPECT_EQ(full->load_files, 6U);
  EXPECT_EQ(as<SampleCommand>(command({"sample", "dir", "--days", "010"}))->days, 10U);
}

TEST(CommandLine, PsqlTakesEverythingThatFollows) {
  EXPECT_THAT(as<PsqlCommand>(command({"psql"}))->arguments, ElementsAre());
  EXPECT_THAT(as<PsqlCommand>(command({"psql", "-c", "select 1", "--help", "--", "-x", ""}))->arguments,
              ElementsAre("-c", "select 1", "--help", "--", "-x", ""));
  EXPECT_THAT(printed({"psql", "--help"}), HasSubstr("passed to psql"));
  EXPECT_EQ(printed({"psql", "-h"}), printed({"psql", "--help"}));
}

TEST(CommandLine, Texts) {
  EXPECT_TRUE(is<PrintConfigCommand>(command({"--print-config"})));
  EXPECT_EQ(printed({"--config-sample"}), config::config_sample());
  EXPECT_THAT(printed({"--version"}), HasSubstr("paper-engine-orders " + std::string(version)));
  EXPECT_THAT(printed({"sample", "--help"}), HasSubstr("--load-files N"));
  EXPECT_EQ(as<SampleCommand>(command({"sample", "dir", "--format", "parquet"}))->format, "parquet");
  const auto help = printed({"--help"});
  EXPECT_EQ(printed({"-h"}), help);
  EXPECT_EQ(printed({"run", "--help"}), help);
  const auto all = printed({"--help-all"});
  for (const auto& name : config::all_names()) EXPECT_THAT(all, HasSubstr(name));
  for (const char* name : {"RUN_AS_SERVICE", "MIN_SLEEP", "MAX_SLEEP", "DRY_RUN", "NOTIFICATIONS", "NATS",
                           "SOURCE", "TARGET", "ENTITIES", "METRICS_ADDRESS"}) {
    EXPECT_THAT(help, HasSubstr(fmt::format("\n  {} (", name)));
  }
  EXPECT_THAT(help, HasSubstr("--help-all"));
  EXPECT_THAT(help, Not(HasSubstr("PG_BINDIR")));
  for (const char* part :
       {"\n   0  done", "\n  64  ", "\n  65  ", "\n  69  ", "\n  70  ", "\n  74  ", "\n  75  ", "\n  77  ",
        "\n  78  ", "sample DIR", "psql", "--print-config", "--config-sample", "--version"}) {
    EXPECT_THAT(help, HasSubstr(part));
  }
}

// A terminal has 80 columns, and the manual page takes up seven of them with its margin. --help-all indents
// the commands by two. Connection strings can't be split.
TEST(CommandLine, HelpIsNarrow) {
  const auto expect_narrow = [](std::initializer_list<const char*> arguments, std::size_t columns) {
    std::istringstream lines(printed(arguments));
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("      Example: ")) continue;
      EXPECT_LE(line.size(), columns) << *arguments.begin() << ": " << line;
    }
  };
  for (const char* name : {"run", "check", "plan", "status", "verify", "migrate", "replay", "skip",
                           "healthcheck", "sample", "infer", "profile", "describe", "psql", "completion"}) {
    expect_narrow({name, "--help"}, 71);
  }
  expect_narrow({"--help-all"}, 73);
}

TEST(CommandLine, FlagsSetVariables) {
  for (const char* name : {"SOURCE", "TARGET", "NATS", "ENTITIES", "RUN_AS_SERVICE", "DRY_RUN"})
    ::unsetenv(name);
  ::setenv("TARGET", "host=old", 1);
  ::setenv("TARGET_FILE", "/old", 1);
  EXPECT_TRUE(is<RunCommand>(command({"--source", "s3://bucket/data", "--target=host=db", "--nats",
                                      "nats://n", "--tables", "sql", "--once", "--dry-run"})));
  const auto value = [](const char* name) { return std::string(std::getenv(name)); };
  EXPECT_EQ(value("SOURCE"), "s3://bucket/data");
  EXPECT_EQ(value("TARGET"), "host=db");
  EXPECT_EQ(std::getenv("TARGET_FILE"), nullptr);
  EXPECT_EQ(value("NATS"), "nats://n");
  EXPECT_EQ(value("ENTITIES"), "sql");
  EXPECT_EQ(value("RUN_AS_SERVICE"), "False");
  EXPECT_EQ(value("DRY_RUN"), "True");
  EXPECT_TRUE(is<CheckCommand>(command({"check", "--target", "host=other"})));
  EXPECT_EQ(value("TARGET"), "host=other");
  EXPECT_THAT(as<PrintConfigCommand>(command({"--print-config", "--once"}))->flags,
              ElementsAre(testing::Pair("RUN_AS_SERVICE", "--once")));
  for (const char* name : {"SOURCE", "TARGET", "NATS", "ENTITIES", "RUN_AS_SERVICE", "DRY_RUN"})
    ::unsetenv(name);
  EXPECT_THAT(error_of({"sample", "dir", "--target", "host=db"}),
              HasSubstr("sample doesn't accept --target"));
}

TEST(CommandLine, FlagsHoldNoSecret) {
  ::unsetenv("TARGET");
  const std::vector<std::array<const char*, 2>> all{
      {"--target", "host=db password=geheim"},
      {"--target", "postgres://user:geheim@db/name"},
      {"--nats", "nats://user:geheim@n:4222"},
      {"--nats", "nats://geheim@n"},
      {"--source", "bucket_id=a bucket_key=geheim bucket_name=b"},
      {"--source", "s3://id:geheim@bucket/data"}};
  for (const auto& [flag, text] : all) {
    try {
      command({flag, text});
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::CommandLine);
      EXPECT_THAT(error.describe(),
                  testing::AllOf(HasSubstr(flag), HasSubstr("_FILE"), Not(HasSubstr("geheim"))));
    }
  }
  EXPECT_EQ(std::getenv("TARGET"), nullptr);
}

TEST(CommandLine, HelpAndVersionInEveryForm) {
  EXPECT_EQ(printed({"help"}), printed({"--help"}));
  EXPECT_EQ(printed({"help", "plan"}), printed({"plan", "--help"}));
  for (const char* form : {"-V", "-v"}) EXPECT_EQ(printed({form}), printed({"--version"}));
}

TEST(CommandLine, AMisspeltOptionIsRecognized) {
  EXPECT_THAT(error_of({"--sorce", "s3://b"}), HasSubstr("did you mean --source?"));
  EXPECT_THAT(error_of({"--targt=host=db password=geheim"}),
              testing::AllOf(HasSubstr("did you mean --target?"), Not(HasSubstr("geheim"))));
  EXPECT_THAT(error_of({"status", "--no-buckt"}), HasSubstr("did you mean --no-bucket?"));
  EXPECT_THAT(error_of({"status", "--jsn"}), HasSubstr("did you mean --json?"));
  EXPECT_THAT(error_of({"--elephants"}), Not(HasSubstr("meant")));
}

TEST(CommandLine, AMisspeltVerbIsRecognized) {
  EXPECT_THAT(error_of({"stauts"}), HasSubstr("did you mean status?"));
  EXPECT_THAT(error_of({"chek"}), HasSubstr("did you mean check?"));
  EXPECT_THAT(error_of({"replya", "key"}), HasSubstr("did you mean replay?"));
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
  EXPECT_THAT(error_of({"skip", "key"}), HasSubstr("skip KEY --reason WHY"));
  EXPECT_THAT(error_of({"skip", "key", "--reason", ""}), HasSubstr("--reason"));
  EXPECT_THAT(error_of({"completion", "cmd"}), HasSubstr("bash, zsh or fish"));
  EXPECT_THAT(error_of({"sample", "dir", "second"}), HasSubstr("\"second\""));
  EXPECT_THAT(error_of({"sample", "dir", "--orders"}), HasSubstr("--orders takes one integer"));
  EXPECT_THAT(error_of({"sample", "dir", "--days", "1", "--days", "2"}),
              HasSubstr("--days takes one integer"));
  for (const char* number : {"x", "-1", "+1", "1.5", "1e3", "18446744073709551616", " 1"}) {
    EXPECT_THAT(error_of({"sample", "dir", "--seed", number}), HasSubstr("--seed must be an integer"))
        << number;
  }
  EXPECT_THAT(error_of({"--version", "--print-config"}), HasSubstr("must be used alone"));
  EXPECT_THAT(error_of({"--print-config", "run"}), HasSubstr("must be used alone"));
  error_of({"--version=maybe"});
  error_of({"a\nb"});
}

TEST(CommandLine, AConnectionStringInTheWrongPlaceIsNotShown) {
  for (const char* argument :
       {"TARGET=password=marker", "postgres://u:marker@h/db", "--walk=marker", "nats://marker@h"}) {
    EXPECT_THAT(error_of({argument}), Not(HasSubstr("marker"))) << argument;
    EXPECT_THAT(error_of({"run", argument}), Not(HasSubstr("marker"))) << argument;
    EXPECT_THAT(error_of({"sample", "dir", "--orders", argument}), Not(HasSubstr("marker"))) << argument;
  }
}

TEST(CommandLine, TablesOfOnesOwn) {
  const auto infer = as<InferCommand>(command({"infer", "db", "orders", "--rows", "100"}));
  EXPECT_EQ(infer->directory, "db");
  EXPECT_THAT(infer->tables, ElementsAre("orders"));
  EXPECT_EQ(infer->rows, 100U);
  const auto profile =
      as<ProfileCommand>(command({"profile", "orders", "--key", "a,b", "--json", "--html", "page.html"}));
  EXPECT_THAT(profile->key, ElementsAre("a", "b"));
  EXPECT_TRUE(profile->json);
  EXPECT_EQ(profile->html, "page.html");
  EXPECT_FALSE(profile->rows);
  EXPECT_TRUE(as<ProfileCommand>(command({"profile"}))->tables.empty());
  EXPECT_TRUE(as<DescribeCommand>(command({"describe", "docs", "--examples"}))->examples);
  EXPECT_THAT(printed({"describe", "--help"}), HasSubstr("--examples"));
  EXPECT_THAT(error_of({"infer"}), HasSubstr("infer DIR"));
  EXPECT_THAT(error_of({"profile", "--jsn"}), HasSubstr("--jsn"));
  EXPECT_THAT(error_of({"profile", "a", "b", "--key", "x"}), HasSubstr("a single table"));
  EXPECT_THAT(error_of({"infer", "db", "--rows", "many"}), HasSubstr("must be an integer"));
  EXPECT_THAT(error_of({"describe", "docs", "more"}), HasSubstr("unknown argument"));
}

}  // namespace
}  // namespace peo::cli
