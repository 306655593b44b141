#include "config/render.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "config/setting_list.hpp"
#include "config/settings.hpp"

namespace peo::config {
namespace {

// Fits a terminal of 80 columns, and the manual page, which begins further to the right.
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
    text +=
        fmt::format("#   Instead, the path of a file that holds the value:\n#{}=\n", file_variable(setting));
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
      "# Configuration of paper-engine-orders: every variable, its default and its meaning.\n"
      "#\n"
      "# Used unchanged, this file sets the defaults. It is a list of environment variables, to be given to "
      "a\n"
      "# container with --env-file or to systemd with EnvironmentFile: one NAME=value a line, the value as "
      "it is,\n"
      "# without quotes around it; comments stand on lines of their own. Empty means not set. Keep a file "
      "with\n"
      "# secrets readable by the loader alone. --print-config shows what a set of variables comes to.\n\n";
  for (const bool main : {true, false}) {
    for (const auto& setting : all_settings()) {
      if (setting.main == main) text += sample_entry(setting);
    }
    if (main)
      text += "# What follows is rarely changed. Take the # away from the line that holds the variable.\n\n";
  }
  text.pop_back();  // one line break at the end is enough
  return text;
}

std::string settings_help(bool all) {
  std::string text;
  for (const auto& setting : all_settings()) {
    if (!all && !setting.main) continue;
    text += fmt::format("  {} ({})\n", setting.name, type_and_default(setting));
    text += wrapped(sentences(setting), "      ", help_width);
    if (!file_variable(setting).empty())
      text += fmt::format("      Or {}: the path of a file that holds the value.\n", file_variable(setting));
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
