// What a command works with while it runs: the settings, and the wish to stop.
#pragma once
#include "base/cancellation.hpp"
#include "cli/signals.hpp"
#include "config/settings.hpp"

namespace peo::cli {

// A command whose result is on standard output logs warnings and errors only, unless LOG_LEVEL is set to
// something else than info.
enum class LogLevel { AsSet, Quiet };

// Reads the settings from the environment and configures the log accordingly.
config::Settings read_settings(LogLevel level);

// Make it before any thread, as Signals asks for. One at a time.
struct Context {
  explicit Context(LogLevel level);

  config::Settings settings;
  Cancellation stop;
  Signals signals{stop};
};

}  // namespace peo::cli
