// Texts made from the list of settings.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace peo::config {

struct Settings;

// The committed config.env.sample. Works as --env-file of a container: lines NAME=value, values without
// quotes, comments on lines of their own. Used unchanged it sets the defaults. The few settings that nearly
// everybody changes stand there ready to be edited; the others are commented out, so that a later version may
// change their defaults.
std::string config_sample();

// The settings that nearly everybody sets, or all, with type, default and meaning: a part of --help.
std::string settings_help(bool all);

// Effective values and where each came from; secrets are masked. A fault would have been thrown before.
std::string print_config(const Settings& settings);

// Words put into lines of at most `width` bytes, each line beginning with `indent`.
std::string wrapped(std::string_view text, std::string_view indent, std::size_t width);

}  // namespace peo::config
