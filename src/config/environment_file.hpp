// A file of environment variables, as config.env.sample is one: NAME=value lines, as containers (--env-file)
// and systemd (EnvironmentFile) read them. Blank lines and lines that begin with # or ; are skipped; a value
// in quotes is taken without them, as systemd does. No value is ever in an error.
#pragma once
#include <filesystem>

#include "config/settings.hpp"

namespace peo::config {

// Throws Fatal (78) for a file that can't be read, and for a line that is no variable, with its number.
Environment read_environment_file(const std::filesystem::path& path);

}  // namespace peo::config
