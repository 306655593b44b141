#include "config/render.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "config/setting_list.hpp"
#include "config/settings.hpp"

namespace peo::config {
namespace {

// Fits a terminal of 80 columns, and the manual page, which is indented further.
constexpr std::size_t help_width = 71;

std::string type_and_default(const Setting& setting) {
  return fmt::format("{}, default {}", setting.type,
                     setting.default_value.empty() ? "empty" : setting.default_value);
}

std::string sentences(const Setting& setting) {
  std::string text = fmt::format("{}.", setting.meaning);
  if (text.front() >= 'a' && text.front() <= 'z') text.front() = static_cast<char>(text.front() - 'a' + 'A');
  if (!setting.help.empty()) text += fmt::format(" {}", setting.help);
  return text;
}

std::string sample_entry(const Setting& setting) {
  std::string text = fmt::format("# {} ({})\n", setting.name, type_and_default(setting));
  text += wrapped(sentences(setting), "#   ", 110);
  text += fmt::format("#   Example: {}={}\n", setting.name, setting.example);
  text += fmt::format("{}{}={}\n", setting.main ? "" : "#", setting.name, setting.default_value);
  if (!file_variable(setting).empty()) {
    text += fmt::format("#   Or the path of a file with the value:\n#{}=\n", file_variable(setting));
  }
  return text + "\n";
}

}  // namespace

std::string wrapped(std::string_view text, std::string_view indent, std::size_t width) {
  std::string lines, line;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!line.empty() && indent.size() + line.size() + 1 + word.size() > width) {
      lines += fmt::format("{}{}\n", indent, line);
      line.clear();
    }
    line += fmt::format("{}{}", line.empty() ? "" : " ", word);
  }
  return line.empty() ? lines : lines + fmt::format("{}{}\n", indent, line);
}

std::string config_sample() {
  std::string text =
      "# Configuration of paper-engine-orders: all variables with their defaults and meanings.\n"
      "#\n"
      "# Unchanged, this file sets the defaults. Pass it to the loader or a container with --env-file, or "
      "to\n"
      "# systemd with EnvironmentFile. Write one NAME=value per line, without quotes around the value, and\n"
      "# comments on separate lines. An empty value means unset. Make a file with secrets readable only by "
      "the\n"
      "# loader's user. --print-config prints the effective configuration with secrets masked.\n\n";
  for (const bool main : {true, false}) {
    for (const auto& setting : all_settings()) {
      if (setting.main == main) text += sample_entry(setting);
    }
    if (main)
      text += "# The following settings are rarely changed. To set one, remove the # before its name.\n\n";
  }
  text.pop_back();  // the empty line at the end
  return text;
}

std::string settings_help(bool all) {
  std::string text;
  for (const auto& setting : all_settings()) {
    if (!all && !setting.main) continue;
    text += fmt::format("  {} ({})\n", setting.name, type_and_default(setting));
    text += wrapped(sentences(setting), "      ", help_width);
    if (!file_variable(setting).empty())
      text += fmt::format("      Or {}: the path of a file with the value.\n", file_variable(setting));
    text += fmt::format("      Example: {}={}\n", setting.name, setting.example);
  }
  return text;
}

std::string print_config(const Settings& settings) {
  std::string text;
  for (const auto& line : settings.effective) {
    text += fmt::format("{}={}  # {}{}{}\n", line.name, line.text, line.origin, line.note.empty() ? "" : ": ",
                        shortened(line.note, 500));
  }
  return text;
}

}  // namespace peo::config
