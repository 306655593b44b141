#include "cli/environment.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "config/environment_file.hpp"

namespace peo::cli {
namespace {

// Where the Debian package installs the program and its settings.
constexpr const char* packaged_program = "/usr/bin/paper-engine-orders";
constexpr const char* packaged_settings = "/etc/default/paper-engine-orders";

// True when it added something.
bool add(const config::Environment& variables) {
  bool added = false;
  for (const auto& [name, value] : variables) {
    if (std::getenv(name.c_str()) != nullptr) continue;
    ::setenv(name.c_str(), value.c_str(), 0);
    added = added || !value.empty();
  }
  return added;
}

}  // namespace

void add_environment(const std::string& file) {
  if (!file.empty()) {
    add(config::read_environment_file(file));
    return;
  }
  std::error_code failed;
  if (std::filesystem::read_symlink("/proc/self/exe", failed) != packaged_program || failed ||
      !std::filesystem::exists(packaged_settings, failed))
    return;
  // It contains secrets, so not every user may read it; others set the variables themselves.
  if (::access(packaged_settings, R_OK) != 0) {
    fmt::print(stderr, "Ignoring the settings in {}: this user may not read it.\n", packaged_settings);
  } else if (add(config::read_environment_file(packaged_settings))) {
    fmt::print(stderr, "Using the settings in {}.\n", packaged_settings);
  }
}

}  // namespace peo::cli
