// The list of all settings: the one place where a setting is defined. The reader, --help, --print-config and
// config.env.sample come from it.
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
  std::string_view type;           // as users say it: Boolean, Number, Duration, Size, String
  std::string_view default_value;  // empty: unset
  std::string_view meaning;        // one line
  std::string_view help;           // more; may be empty
  std::string_view example;
  bool secret = false;          // its value is never shown
  bool in_file = true;          // of a secret: NAME_FILE may name a file that holds it
  bool main = false;            // one of the few that nearly everybody sets
  bool empty_is_value = false;  // set but empty is not the same as not set
  // Checks the text (trimmed; never empty, but for empty_is_value) and puts it where it belongs. A problem is
  // a phrase that goes on after the setting's name and value: "accepted are True and False".
  void (*read)(std::string_view text, Settings& into, Problems& problems) = nullptr;
};

std::span<const Setting> all_settings();

// "SOURCE_FILE" of SOURCE; empty when there is none.
std::string file_variable(const Setting& setting);

// What replaced a setting that an earlier version had.
struct RemovedSetting {
  std::string_view name, replacement;
};
std::span<const RemovedSetting> removed_settings();

// Every name that means something: the settings and the _FILE variables of the secret ones.
std::vector<std::string> all_names();

}  // namespace peo::config
