// Texts that are generated from the list of settings.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace peo::config {

struct Settings;

// The contents of config.env.sample. Works as a container's --env-file: NAME=value lines, values without
// quotes, comments on separate lines. Unchanged, it sets the defaults. The main settings are ready to be
// edited; the others are commented out, so that a later version may change their defaults.
std::string config_sample();

// The main settings, or all, with type, default and meaning: a part of --help.
std::string settings_help(bool all);

// Effective values and their origins; secrets are masked.
std::string print_config(const Settings& settings);

// Wraps text into lines of at most `width` bytes, each starting with `indent`.
std::string wrapped(std::string_view text, std::string_view indent, std::size_t width);

}  // namespace peo::config
