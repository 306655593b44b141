#include "base/time_zone.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>

namespace peo {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Names lead into the database and not out of it.
bool is_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == '+';
  };
  return !name.empty() && name.front() != '/' && name.back() != '/' && std::ranges::all_of(name, plain);
}

// Big-endian numbers of a TZif file (RFC 8536); beyond its end there are zeros, and `ok` is lost.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  std::int64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8U | byte();
    const auto unused = 64 - 8 * size;
    return static_cast<std::int64_t>(value << unused) >> unused;
  }
  std::uint8_t byte() {
    if (at_ >= bytes_.size()) {
      ok = false;
      return 0;
    }
    return static_cast<std::uint8_t>(bytes_[at_++]);
  }
  void skip(std::size_t size) { at_ += size; }
  std::string_view rest() const { return bytes_.substr(std::min(at_, bytes_.size())); }
  bool ok = true;

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
};

struct Counts {
  std::size_t utc = 0, standard = 0, leaps = 0, times = 0, types = 0, letters = 0;
  std::size_t size(std::size_t time_bytes) const {
    return times * (time_bytes + 1) + types * 6 + letters + leaps * (time_bytes + 4) + standard + utc;
  }
};

Counts counts_of(Bytes& bytes) {
  Counts counts;
  for (auto* count :
       {&counts.utc, &counts.standard, &counts.leaps, &counts.times, &counts.types, &counts.letters})
    *count = static_cast<std::size_t>(static_cast<std::uint32_t>(bytes.number(4)));
  return counts;
}

// What holds behind the last shift of the table, as POSIX writes it: CET-1CEST,M3.5.0,M10.5.0/3.
class Rule {
 public:
  explicit Rule(std::string_view text) : text_(text) {
    name();
    standard_ = -time();
    if (text_.empty()) return;
    name();
    summer_ = text_.starts_with(',') ? standard_ + hours(1) : -time();
    begin_ = day();
    end_ = day();
    twice_ = ok_;
  }
  bool ok() const { return ok_; }
  bool twice() const { return twice_; }  // it changes within the year
  seconds standard() const { return standard_; }
  seconds summer() const { return summer_; }
  Time summer_begins(int year) const { return begin_.in(year)-standard_; }
  Time summer_ends(int year) const { return end_.in(year)-summer_; }

 private:
  struct Day {  // Mm.w.d/time
    unsigned month = 1, week = 1, weekday = 0;
    seconds time{hours(2)};
    Time in(int year) const {
      using namespace std::chrono;
      const auto y = std::chrono::year(year);
      const auto m = std::chrono::month(month);
      const sys_days date = week == 5 ? sys_days(y / m / std::chrono::weekday(weekday)[last])
                                      : sys_days(y / m / std::chrono::weekday(weekday)[week]);
      return Time(date) + time;
    }
  };

  bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  void name() {
    const auto end = text_.starts_with('<') ? text_.find('>') : text_.find_first_of("+-0123456789,");
    if (text_.starts_with('<') && end != std::string_view::npos) return text_.remove_prefix(end + 1);
    if (end == 0) ok_ = false;
    text_.remove_prefix(std::min(end, text_.size()));
  }
  unsigned number() {
    unsigned value = 0;
    std::size_t digits = 0;
    for (; digits < text_.size() && digits < 4 && text_[digits] >= '0' && text_[digits] <= '9'; ++digits)
      value = value * 10 + static_cast<unsigned>(text_[digits] - '0');
    if (digits == 0) ok_ = false;
    text_.remove_prefix(digits);
    return value;
  }
  seconds time() {
    const bool behind = take('-');
    if (!behind) take('+');
    seconds value = hours(number());
    if (take(':')) value += minutes(number());
    if (take(':')) value += seconds(number());
    return behind ? -value : value;
  }
  Day day() {
    Day day;
    if (!take(',') || !take('M')) ok_ = false;  // no zone of the database counts days of the year
    day.month = std::clamp(number(), 1U, 12U);
    if (!take('.')) ok_ = false;
    day.week = std::clamp(number(), 1U, 5U);
    if (!take('.')) ok_ = false;
    day.weekday = number() % 7;
    if (take('/')) day.time = time();
    return day;
  }

  std::string_view text_;
  seconds standard_{0}, summer_{0};
  Day begin_, end_;
  bool ok_ = true, twice_ = false;
};

}  // namespace

std::optional<TimeZone> TimeZone::named(std::string_view name, const std::filesystem::path& database) {
  if (!is_name(name)) return std::nullopt;
  const auto path = database / std::string(name);
  std::error_code failed;
  if (!std::filesystem::is_regular_file(path, failed)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  constexpr std::size_t before_counts = 20;
  if (!all.starts_with("TZif") || all.size() < 44 || all[4] < '2') return std::nullopt;
  Bytes bytes(all);
  bytes.skip(before_counts);
  const auto old = counts_of(bytes);
  bytes.skip(old.size(4) + before_counts);
  const auto counts = counts_of(bytes);
  if (counts.times > 10'000 || counts.types == 0 || counts.types > 256) return std::nullopt;
  // Those below right/ count leap seconds, which the clock on the wall doesn't.
  if (counts.leaps > 0) return std::nullopt;

  // Before its first shift a zone is of the first type. Some begin at the beginning of the world, which
  // microseconds can't hold.
  constexpr seconds beginning(std::int64_t{-1} << 40);
  TimeZone zone;
  zone.shifts_.push_back({Time(beginning), seconds(0)});
  std::vector<std::size_t> types{0};
  for (std::size_t i = 0; i < counts.times; ++i)
    zone.shifts_.push_back({Time(std::max(seconds(bytes.number(8)), beginning)), seconds(0)});
  for (std::size_t i = 0; i < counts.times; ++i) types.push_back(bytes.byte());
  std::vector<seconds> offsets;
  for (std::size_t i = 0; i < counts.types; ++i) {
    offsets.emplace_back(bytes.number(4));
    bytes.skip(2);
  }
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i] >= offsets.size()) return std::nullopt;
    zone.shifts_[i].offset = offsets[types[i]];
  }
  bytes.skip(counts.letters + counts.standard + counts.utc + 1);
  auto footer = bytes.rest();
  footer = footer.substr(0, footer.find('\n'));
  if (!bytes.ok) return std::nullopt;
  if (footer.empty()) return zone;

  const Rule rule(footer);
  if (!rule.ok()) return std::nullopt;
  const auto last = zone.shifts_.back().from;
  const auto add = [&](Time from, seconds offset) {
    if (from > last) zone.shifts_.push_back({from, offset});
  };
  const auto first_year =
      static_cast<int>(std::chrono::year_month_day(std::chrono::floor<days>(std::max(last, Time{}))).year());
  for (int year = first_year; rule.twice() && year <= 2200; ++year) {
    add(rule.summer_begins(year), rule.summer());
    add(rule.summer_ends(year), rule.standard());
  }
  std::ranges::sort(zone.shifts_, {}, &Shift::from);
  return zone;
}

seconds TimeZone::offset_at(Time utc) const {
  const auto next = std::ranges::upper_bound(shifts_, utc, {}, &Shift::from);
  return next == shifts_.begin() ? next->offset : std::prev(next)->offset;
}

TimeZone::Moments TimeZone::to_utc(Time local) const {
  const auto before = offset_at(local - hours(24));
  const auto after = offset_at(local + hours(24));
  const Time first = local - before;
  const Time last = local - after;
  const bool at_first = offset_at(first) == before;
  const bool at_last = offset_at(last) == after;
  if (at_first && at_last) return {std::min(first, last), std::max(first, last)};
  if (at_last) return {last, last};
  return {first, first};
}

}  // namespace peo
