#include "base/time_zone.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <iterator>
#include <mutex>
#include <string>

namespace peo {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

std::optional<TimeZone> TimeZone::named(std::string_view name, const std::filesystem::path& database) {
  // A name must not lead out of the database. The zones under right/ count leap seconds, which wall clocks
  // don't.
  if (name.starts_with('/') || name.starts_with("right/") || name.find('.') != std::string_view::npos)
    return std::nullopt;
  static std::mutex mutex;  // two callers must not set TZ at the same time
  const std::lock_guard lock(mutex);
  const char* const set = std::getenv("TZ");
  const auto previous = set == nullptr ? std::nullopt : std::optional<std::string>(set);
  ::setenv("TZ", (":" + (database / name).string()).c_str(), 1);
  ::tzset();

  std::tm local{};
  const auto offset_at = [&local](Time utc) {
    const auto time = std::chrono::system_clock::to_time_t(utc);
    return seconds(::localtime_r(&time, &local)->tm_gmtoff);
  };
  TimeZone zone;
  Time at{};
  zone.shifts_.push_back({at, offset_at(at)});
  // glibc silently uses UTC for a missing or invalid file. Its name is then empty.
  const bool exists = local.tm_zone != std::string_view();
  // Five days: no zone has shifted twice in fewer.
  for (const Time end{days(365) * 231}; exists && at < end; at += days(5)) {
    const auto offset = zone.shifts_.back().offset;
    Time after = at + days(5);
    if (offset_at(after) == offset) continue;
    for (Time before = at; after - before > seconds(1);) {
      const auto middle = std::chrono::floor<seconds>(before + (after - before) / 2);
      (offset_at(middle) == offset ? before : after) = middle;
    }
    zone.shifts_.push_back({after, offset_at(after)});
  }

  if (previous) {
    ::setenv("TZ", previous->c_str(), 1);
  } else {
    ::unsetenv("TZ");
  }
  ::tzset();
  return exists ? std::optional(std::move(zone)) : std::nullopt;
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
