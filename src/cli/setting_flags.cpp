#include "cli/setting_flags.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "base/error.hpp"
#include "config/command_line_secrets.hpp"

namespace peo::cli {
namespace {

struct Flag {
  const char* name;
  const char* variable;
  const char* value;  // that a switch sets; null: the flag takes one
  const char* type;
  const char* help;
};

constexpr std::array flags{
    Flag{"--source", "SOURCE", nullptr, "SOURCE",
         "s3://bucket/prefix, file:///directory or\nkeyword=value pairs"},
    Flag{"--target", "TARGET", nullptr, "CONNINFO", "PostgreSQL database to load into"},
    Flag{"--nats", "NATS", nullptr, "URL", "NATS server to publish to"},
    Flag{"--tables", "ENTITIES", nullptr, "DIR", "directory of the tables' SQL files"},
    Flag{"--once", "RUN_AS_SERVICE", "False", "", "load once and exit"},
    Flag{"--dry-run", "DRY_RUN", "True", "", "report what a run would change"},
};

}  // namespace

void SettingFlags::add_to(CLI::App& program) {
  for (const auto& flag : flags) {
    const auto value = [this, &flag]() -> std::string& { return values_[flag.variable]; };
    const std::string help = flag.value == nullptr
                                 ? fmt::format("{} ({})", flag.help, flag.variable)
                                 : fmt::format("{} ({}={})", flag.help, flag.variable, flag.value);
    if (flag.value != nullptr) {
      program.add_flag_callback(
          flag.name, [value, &flag] { value() = flag.value; }, help);
    } else {
      program
          .add_option_function<std::string>(
              flag.name, [value](const std::string& text) { value() = text; }, help)
          ->type_name(flag.type);
    }
  }
}

std::string SettingFlags::first() const {
  const auto named = given();
  return named.empty() ? "" : named.begin()->second;
}

std::map<std::string, std::string> SettingFlags::given() const {
  std::map<std::string, std::string> names;
  for (const auto& flag : flags) {
    if (values_.contains(flag.variable)) names.emplace(flag.variable, flag.name);
  }
  return names;
}

void SettingFlags::set_variables() const {
  for (const auto& [variable, flag] : given()) {
    const auto& value = values_.at(variable);
    if (const auto secret = config::secret_in(variable, value); !secret.empty())
      throw Error(
          ErrorKind::Fatal, ExitCode::CommandLine,
          fmt::format("{} contains {}, which every user of this machine can see in the process list", flag,
                      secret),
          fmt::format("Set the variable {0} instead, or {0}_FILE to a file that contains it.", variable));
    ::setenv(variable.c_str(), value.c_str(), 1);
    ::unsetenv((variable + "_FILE").c_str());
  }
}

}  // namespace peo::cli
