#include "tables/profile/svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/xml.hpp"
#include "tables/survey/grouped.hpp"

namespace peo::profile {
namespace {

using survey::grouped;

// Limits the number of bars, whatever the time span: adjacent ones are added up.
constexpr std::size_t most_bars = 120;

struct Bar {
  std::int64_t from = 0, to = 0;
  survey::Operations operations;
};

std::vector<Bar> bars_of(const survey::TableSurvey& survey) {
  if (survey.over_time.empty()) return {};
  const auto first = survey.over_time.begin()->first;
  const auto last = survey.over_time.rbegin()->first + survey.bucket_seconds;
  const auto buckets = (last - first) / survey.bucket_seconds;
  const auto a_bar =
      (buckets + static_cast<std::int64_t>(most_bars) - 1) / static_cast<std::int64_t>(most_bars);
  const auto width = std::max<std::int64_t>(1, a_bar) * survey.bucket_seconds;
  std::vector<Bar> bars(static_cast<std::size_t>((last - first + width - 1) / width));
  for (std::size_t i = 0; i < bars.size(); ++i) {
    bars[i].from = first + static_cast<std::int64_t>(i) * width;
    bars[i].to = bars[i].from + width;
  }
  for (const auto& [start, operations] : survey.over_time) {
    auto& bar = bars[static_cast<std::size_t>((start - first) / width)].operations;
    bar.inserts += operations.inserts;
    bar.updates += operations.updates;
    bar.deletes += operations.deletes;
  }
  return bars;
}

std::string label(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>)", x, y, anchor,
                     xml_escaped(text));
}

}  // namespace

std::string histogram_svg(const std::vector<Bin>& bins, bool times, const std::string& what) {
  if (bins.empty()) return "";
  constexpr double width = 300;
  constexpr double height = 72;
  constexpr double base = 58;
  double highest = 0;
  for (const auto& bin : bins) highest = std::max(highest, bin.share);
  const auto text = [&](double value) {
    return times ? time_text(value, bins.back().to - bins.front().from < 5 * 86400) : number_text(value);
  };
  std::string svg = fmt::format(R"(<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">)", width,
                                height, xml_escaped(what));
  const double step = width / static_cast<double>(bins.size());
  for (std::size_t i = 0; i < bins.size(); ++i) {
    const double tall = highest > 0 ? bins[i].share / highest * (base - 4) : 0;
    if (tall <= 0) continue;
    svg += fmt::format(
        "<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"1\"><title>{} "
        "to {}: {:.1f} %</title></rect>",
        static_cast<double>(i) * step + 0.5, base - std::max(tall, 0.8), step - 1, std::max(tall, 0.8),
        xml_escaped(text(bins[i].from)), xml_escaped(text(bins[i].to)), bins[i].share * 100);
  }
  svg += fmt::format(R"(<line class="axis" x1="0" y1="{0}" x2="{1}" y2="{0}"/>)", base, width);
  svg += label(0, height - 2, "start", text(bins.front().from)) +
         label(width, height - 2, "end", text(bins.back().to));
  return svg + "</svg>";
}

std::string operations_svg(const survey::TableSurvey& survey) {
  const auto bars = bars_of(survey);
  if (bars.empty()) return "";
  constexpr double width = 960;
  constexpr double height = 170;
  constexpr double base = 148;
  constexpr double top = 14;
  constexpr double left = 62;
  std::uint64_t highest = 1;
  for (const auto& bar : bars) highest = std::max(highest, bar.operations.all());
  highest += highest % 2;  // so that the line in the middle is an integer
  std::string svg = fmt::format(
      R"(<svg class="plot wide" viewBox="0 0 {} {}" role="img" aria-label="operations over time">)", width,
      height);
  for (const int part : {0, 1, 2}) {
    const double y = base - (base - top) * part / 2;
    svg += fmt::format(R"(<line class="grid" x1="{0}" y1="{1:.1f}" x2="{2}" y2="{1:.1f}"/>)", left, y, width);
    svg += label(left - 6, y + 3.5, "end", grouped(highest * static_cast<std::uint64_t>(part) / 2));
  }
  const double step = std::min((width - left) / static_cast<double>(bars.size()), 40.0);
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const auto& bar = bars[i];
    double y = base;
    const std::array<std::pair<const char*, std::uint64_t>, 3> parts = {{{"insert", bar.operations.inserts},
                                                                         {"update", bar.operations.updates},
                                                                         {"delete", bar.operations.deletes}}};
    for (const auto& [name, count] : parts) {
      if (count == 0) continue;
      const double tall = static_cast<double>(count) / static_cast<double>(highest) * (base - top);
      y -= tall;
      svg += fmt::format(
          "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"><title>{} to {}: "
          "{} {}s</title></rect>",
          name, left + static_cast<double>(i) * step + step * 0.08, y, step * 0.84, tall,
          time_text(static_cast<double>(bar.from), true), time_text(static_cast<double>(bar.to), true),
          grouped(count), name);
    }
  }
  svg += label(left, height - 4, "start", time_text(static_cast<double>(bars.front().from), true));
  const auto end = left + step * static_cast<double>(bars.size());
  if (end - left > 220)
    svg += label(end, height - 4, "end", time_text(static_cast<double>(bars.back().to), true));
  return svg + "</svg>";
}

}  // namespace peo::profile
