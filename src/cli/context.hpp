// What a command needs while it runs: the settings and the stop request.
#pragma once
#include "base/cancellation.hpp"
#include "cli/signals.hpp"
#include "config/settings.hpp"

namespace peo::cli {

// A command that prints its result on standard output logs warnings and errors only, unless LOG_LEVEL is set
// to something other than info.
enum class LogLevel { AsSet, Quiet };

// Reads the settings from the environment and configures the log accordingly.
config::Settings read_settings(LogLevel level);

// Create it before any thread, as Signals requires. One at a time.
struct Context {
  explicit Context(LogLevel level);

  config::Settings settings;
  Cancellation stop;
  Signals signals{stop};
};

}  // namespace peo::cli
