// config.env.sample and --print-config agree with the list of settings, and every setting has its
// documentation.
#include "config/render.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "base/error.hpp"
#include "config/setting_list.hpp"
#include "config/settings.hpp"
#include "support/program.hpp"
#include "support/temp_dir.hpp"

namespace peo::config {
namespace {

using testing::HasSubstr;

// As docker and podman read it: comments begin a line, the value is everything after "=", as it is.
Environment parsed_env_file(const std::string& text) {
  Environment environment;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    const auto equals = line.find('=');
    EXPECT_NE(equals, std::string::npos) << line;
    EXPECT_TRUE(environment.emplace(line.substr(0, equals), line.substr(equals + 1)).second) << line;
  }
  return environment;
}

// Takes the # away from every line that holds a variable.
std::string uncommented(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool variable = line.size() > 1 && line.front() == '#' && line[1] >= 'A' && line[1] <= 'Z';
    out += (variable ? line.substr(1) : line) + "\n";
  }
  return out;
}

std::string values_of(const Settings& settings) {
  std::string text;
  for (const auto& line : settings.effective) text += line.name + "=" + line.text + " " + line.note + "\n";
  return text;
}

TEST(ConfigSample, TheCommittedFileIsTheGeneratedText) {
  const auto file = test::source_dir() / "config.env.sample";
  EXPECT_EQ(test::read_file(file), config_sample())
      << "write it again: paper-engine-orders --config-sample > config.env.sample";
}

TEST(ConfigSample, GivesTheDefaults) {
  const auto environment = parsed_env_file(config_sample());
  for (const char* name :
       {"RUN_AS_SERVICE", "MIN_SLEEP", "MAX_SLEEP", "DRY_RUN", "NOTIFICATIONS", "NATS", "SOURCE", "TARGET"}) {
    EXPECT_TRUE(environment.contains(name)) << name;
  }
  EXPECT_EQ(values_of(read_settings(environment)), values_of(read_settings({})));
  EXPECT_TRUE(read_settings(environment).warnings.empty());
}

TEST(ConfigSample, HoldsEveryVariableWithItsDefault) {
  const auto environment = parsed_env_file(uncommented(config_sample()));
  std::set<std::string> names;
  for (const auto& [name, value] : environment) names.insert(name);
  const auto all = all_names();
  EXPECT_EQ(names, std::set<std::string>(all.begin(), all.end()));
  EXPECT_EQ(values_of(read_settings(environment)), values_of(read_settings({})));
}

TEST(SettingList, EverythingIsSaid) {
  for (const auto& setting : all_settings()) {
    EXPECT_FALSE(setting.meaning.empty()) << setting.name;
    EXPECT_FALSE(setting.example.empty()) << setting.name;
    EXPECT_NE(setting.meaning.back(), '.') << setting.name;
    EXPECT_TRUE(setting.help.empty() || setting.help.back() == '.') << setting.name;
    EXPECT_NE(setting.read, nullptr) << setting.name;
    EXPECT_THAT(settings_help(true), HasSubstr("  " + std::string(setting.name) + " ("));
    EXPECT_THAT(settings_help(true), HasSubstr("Example: " + std::string(setting.name) + "="));
  }
}

// Examples of files and directories name places that need not exist here; all others must be accepted.
TEST(SettingList, ExamplesAreAccepted) {
  for (const auto& setting : all_settings()) {
    if (setting.example.starts_with('/')) continue;
    Environment environment{{std::string(setting.name), std::string(setting.example)}};
    if (setting.name == "NATS") environment["NATS"] = "nats://user:password@host:4222";
    EXPECT_NO_THROW(read_settings(environment)) << setting.name;
  }
}

TEST(Wrapped, PutsWordsIntoLines) {
  EXPECT_EQ(wrapped("aa bb cc", "# ", 7), "# aa bb\n# cc\n");
  EXPECT_EQ(wrapped("aaaaaaaaaa b", "", 5), "aaaaaaaaaa\nb\n");
  EXPECT_EQ(wrapped("", "# ", 7), "");
}

}  // namespace
}  // namespace peo::config
