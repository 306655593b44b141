// A file of environment variables like config.env.sample: NAME=value lines, in the format of containers
// (--env-file) and systemd (EnvironmentFile). Empty lines and lines that start with # or ; are skipped;
// quotes around a value are removed, as systemd does. Errors never contain a value.
#pragma once
#include <filesystem>

#include "config/settings.hpp"

namespace peo::config {

// Throws Fatal (78) for a file that can't be read, and for an invalid line, with its number.
Environment read_environment_file(const std::filesystem::path& path);

}  // namespace peo::config
