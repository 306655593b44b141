// A time zone of the system's database (/usr/share/zoneinfo), as a table of its transitions from 1970 to
// 2200. named() reads the table from glibc, in about 30 ms; after that the zone is immutable, and any thread
// may use it.
//
// localtime_r supports only the process's zone, so named() sets TZ while it reads: call it before starting
// threads that use the environment. The C++ libraries of the supported compilers have no time zones yet.
// Debian's libdate-tz 3.0.1 ignores the rule at the end of a zone's file, and is an hour off from 2038 on.
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

  // Local time, as if it were UTC.
  Time to_local(Time utc) const { return utc + offset_at(utc); }

  // The moments with this local time: one, two in the repeated hour, or none in the skipped hour (then as if
  // the clock had not been set forward yet).
  struct Moments {
    Time first, last;
    bool repeats() const { return first != last; }
  };
  Moments to_utc(Time local) const;

 private:
  struct Shift {
    Time from;
    std::chrono::seconds offset;  // local time minus UTC
  };
  std::chrono::seconds offset_at(Time utc) const;

  std::vector<Shift> shifts_;  // in order; the first one also applies to earlier times
};

}  // namespace peo
