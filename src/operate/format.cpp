#include "operate/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "base/utc_time.hpp"

namespace peo::operate {
namespace {

// The width of a text in a terminal: its number of UTF-8 characters.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array units{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 || value >= 99.95 ? fmt::format("{:.0f} {}", value, units.at(unit))
                                     : fmt::format("{:.1f} {}", value, units.at(unit));
}

std::string seconds_text(double seconds) {
  if (!(seconds > 0)) return "0 s";
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(std::llround(std::min(seconds, 1e15)));
  if (whole < 120) return fmt::format("{} s", whole);
  if (whole < 7200) return fmt::format("{} min", whole / 60);
  if (whole < 172800) return fmt::format("{} h {} min", whole / 3600, whole / 60 % 60);
  return fmt::format("{} d {} h", whole / 86400, whole / 3600 % 24);
}

double seconds_between(Time from, Time to) { return std::chrono::duration<double>(to - from).count(); }

std::string time_text(Time time) { return utc_time_text(time) + " UTC"; }

std::string iso_time(Time time) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
  return fmt::format("{}.{:03}Z", utc_time_text(time, 'T'), (milliseconds % 1000 + 1000) % 1000);
}

std::string count_text(std::uint64_t number, const std::string& what) {
  if (number == 1) return "1 " + what;
  const bool y = what.ends_with('y');
  return fmt::format("{} {}{}", number, y ? what.substr(0, what.size() - 1) : what, y ? "ies" : "s");
}

std::string columns_text(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      line.append(widths[i] - width_of(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

nlohmann::ordered_json row_counts_json(const RowCounts& effects) {
  return {{"CREATE", effects.created}, {"AMEND", effects.amended}, {"REMOVE", effects.removed}};
}

nlohmann::ordered_json error_json(const Error& error) {
  return {{"ok", false},
          {"exit_code", static_cast<int>(error.exit_code())},
          {"error", error.describe()},
          {"hint", error.hint()}};
}

std::string json_text(const nlohmann::ordered_json& document) {
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace peo::operate
