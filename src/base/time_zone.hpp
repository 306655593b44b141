// A time zone of the system's database (/usr/share/zoneinfo), as a table of its shifts. Read once; then pure.
//
// The C++ library of the supported compilers has no zones yet, and localtime_r knows the process's own only.
// Debian's date (libdate-tz 3.0.1) leaves out the rule at the end of a zone's file: from 2038 on a third of
// the zones are an hour off for half of each year, and long before where the files are zic's slim ones
// (Europe/Berlin: from 1996 on); a file that isn't a zone's aborts the process. Abseil's zones are right, but
// bring nine more shared libraries for one setting.
#pragma once
#include <chrono>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/object.hpp"

namespace peo {

class TimeZone {
 public:
  // An IANA name: Europe/Berlin. Nothing: the database has no such zone.
  static std::optional<TimeZone> named(std::string_view name,
                                       const std::filesystem::path& database = "/usr/share/zoneinfo");

  // The clock on the wall, as if it were UTC.
  Time to_local(Time utc) const { return utc + offset_at(utc); }

  // When the clock on the wall shows that: once, twice in the hour that repeats, or never in the one that is
  // left out (then as if the clock had not been put forward yet).
  struct Moments {
    Time first, last;
    bool repeats() const { return first != last; }
  };
  Moments to_utc(Time local) const;

 private:
  struct Shift {
    Time from;
    std::chrono::seconds offset;  // local time is so much ahead of UTC
  };
  std::chrono::seconds offset_at(Time utc) const;

  std::vector<Shift> shifts_;  // in order; the first one counts before it, too
};

}  // namespace peo
