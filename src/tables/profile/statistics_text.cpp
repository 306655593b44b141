#include "tables/profile/statistics_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "tables/survey/grouped.hpp"

namespace peo::profile {

using survey::ColumnStats;

std::string kind_of(const ColumnStats& facts) {
  if (facts.values() == 0) return "no values";
  if (facts.bits == facts.values()) return "0 or 1";
  const auto most = std::max_element(facts.of_kind.begin(), facts.of_kind.end());
  // A mixture of digits and letters means codes, whichever is more frequent.
  if (!facts.ordered_by_value() && *most * 10 < facts.values() * 9) return "text";
  return std::string(survey::to_string(static_cast<survey::Kind>(most - facts.of_kind.begin())));
}

bool holds_times(const ColumnStats& facts) {
  std::uint64_t times = 0;
  for (std::size_t i = 0; i < survey::kinds; ++i)
    times += is_time(static_cast<survey::Kind>(i)) ? facts.of_kind[i] : 0;
  return times != 0 && times == facts.values();
}

std::string number_text(double value) {
  if (std::abs(value) >= 1e15 || (value != 0 && std::abs(value) < 1e-4)) return fmt::format("{:.4g}", value);
  auto text = fmt::format("{:.4f}", std::abs(value));
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  const auto point = text.find('.');
  const auto whole = survey::grouped(
      static_cast<std::uint64_t>(std::abs(value) >= 1 ? std::stoull(text.substr(0, point)) : 0));
  return (value < 0 ? "-" : "") + whole + (point == std::string::npos ? "" : text.substr(point));
}

std::string time_text(double seconds, bool with_clock) {
  const auto time =
      std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(std::floor(seconds))));
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  auto text = fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                          static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(time - day).count();
  return with_clock ? fmt::format("{} {:02}:{:02}", text, minutes / 60, minutes % 60) : text;
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0 || part == 0) return "0 %";
  const double share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part == whole) return "100 %";
  if (share < 0.1) return "<0.1 %";
  if (share > 99.9) return ">99.9 %";
  return fmt::format("{:.1f} %", share);
}

std::string bytes_text(std::uint64_t bytes) {
  const auto size = static_cast<double>(bytes);
  if (bytes < 10'000) return fmt::format("{} bytes", survey::grouped(bytes));
  if (bytes < 10'000'000) return fmt::format("{:.1f} kB", size / 1e3);
  return bytes < 10'000'000'000 ? fmt::format("{:.1f} MB", size / 1e6) : fmt::format("{:.1f} GB", size / 1e9);
}

std::string shown(const std::string& value, std::size_t most) {
  std::string text;
  std::size_t characters = 0;
  for (const char c : value) {
    const auto u = static_cast<unsigned char>(c);
    if ((u & 0xC0) != 0x80 && characters++ == most) return text + "…";
    if (c == '\n') {
      text += "\\n";
    } else if (c == '\t') {
      text += "\\t";
    } else if (u < 0x20 || u == 0x7F) {
      text += fmt::format("\\x{:02x}", u);
    } else {
      text += c;
    }
  }
  return text;
}

Quantiles quantiles_of(const survey::NumberSample& sample) {
  const auto sorted = sample.sorted();
  return {survey::quantile(sorted, 0.05), survey::quantile(sorted, 0.25), survey::quantile(sorted, 0.5),
          survey::quantile(sorted, 0.75), survey::quantile(sorted, 0.95)};
}

std::vector<Bin> histogram(const survey::NumberSample& sample, std::size_t bins) {
  const auto sorted = sample.sorted();
  if (sorted.empty()) return {};
  double from = sorted.front();
  double to = sorted.back();
  const double middle = survey::quantile(sorted, 0.75) - survey::quantile(sorted, 0.25);
  for (const double outside : {0.005, 0.025, 0.05, 0.1}) {  // so that the quartiles are not in one bar
    if (middle <= 0 || to - from <= 12 * middle) break;
    from = survey::quantile(sorted, outside);
    to = survey::quantile(sorted, 1 - outside);
  }
  if (from == to) return {{from, to, 1}};
  std::vector<Bin> found(bins);
  const double width = (to - from) / static_cast<double>(bins);
  for (std::size_t i = 0; i < bins; ++i) {
    found[i].from = from + width * static_cast<double>(i);
    found[i].to = found[i].from + width;
  }
  for (const auto value : sorted) {
    if (value < from || value > to) continue;
    const auto at = static_cast<std::size_t>((value - from) / width);
    found[std::min(at, bins - 1)].share += 1.0 / static_cast<double>(sorted.size());
  }
  return found;
}

std::string key_text(const survey::TableSurvey& survey) {
  if (survey.keys.empty()) return "none found";
  std::string text;
  for (const auto place : survey.keys.front())
    text += (text.empty() ? "" : ", ") + survey.shape.columns[place];
  return text;
}

}  // namespace peo::profile
