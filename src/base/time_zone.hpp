// A time zone of the system's database (/usr/share/zoneinfo), as a table of its shifts. Read once; then pure.
//
// The C++ library of the supported compilers has no zones yet, and localtime_r knows the process's own only.
// Debian's date (libdate-tz 3.0.1) leaves out the rule at the end of a zone's file: a third of the zones are
// an hour off from 2038 on, or from the last change of their rules on (Europe/Berlin: 1996) in files that zic
// writes in its "slim" form, and a file of the database that is none ends the process. Abseil's is right, but
// takes nine more shared libraries.
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
