// The verbs that look after a loader: from settings to text on standard output and an exit code.
#pragma once
#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "config/command_line.hpp"
#include "config/settings.hpp"

namespace peo {

// The verb check, when the settings themselves are wrong.
ExitCode check_without_settings(const config::VerbCommand& command, const config::SettingsError& error);

ExitCode run_verb(const config::VerbCommand& command, config::Settings settings, const Cancellation& stop);

}  // namespace peo
