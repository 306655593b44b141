// The list of all settings, where each setting is defined. The parser, --help, --print-config and
// config.env.sample use it.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/problems.hpp"
#include "config/settings.hpp"

namespace peo::config {

struct Setting {
  std::string_view name;
  std::string_view type;           // for users: Boolean, Number, Duration, Size, String
  std::string_view default_value;  // empty: unset
  std::string_view meaning;        // one line
  std::string_view help;           // more sentences; may be empty
  std::string_view example;
  bool secret = false;          // its value is never shown
  bool in_file = true;          // a secret may also be in the file that NAME_FILE names
  bool main = false;            // one of the few that nearly every user sets
  bool empty_is_value = false;  // set but empty is not the same as not set
  // Parses the text (trimmed; never empty, except with empty_is_value) into the settings. A problem is a
  // phrase that follows the setting's name and value: "expected True or False".
  void (*read)(std::string_view text, Settings& into, Problems& problems) = nullptr;
};

std::span<const Setting> all_settings();

// "SOURCE_FILE" of SOURCE; empty when there is none.
std::string file_variable(const Setting& setting);

// A setting of an earlier version, and what replaced it.
struct RemovedSetting {
  std::string_view name, replacement;
};
std::span<const RemovedSetting> removed_settings();

// All known variable names: the settings and the _FILE variables of secrets.
std::vector<std::string> all_names();

}  // namespace peo::config
