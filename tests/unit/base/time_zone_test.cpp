// Time zones of the system's database: what the clock on the wall shows, and when it showed it.
#include "base/time_zone.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/temp_dir.hpp"

namespace peo {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Time at(int year, unsigned month, unsigned day, int hour, int minute = 0) {
  return Time(std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) /
                                    std::chrono::day(day))) +
         hours(hour) + minutes(minute);
}

TEST(TimeZone, SummerAndWinter) {
  const auto berlin = TimeZone::named("Europe/Berlin");
  ASSERT_TRUE(berlin);
  EXPECT_EQ(berlin->to_local(at(2022, 7, 1, 12)), at(2022, 7, 1, 14));
  EXPECT_EQ(berlin->to_local(at(2022, 12, 1, 12)), at(2022, 12, 1, 13));
  EXPECT_EQ(berlin->to_utc(at(2022, 7, 1, 14)).first, at(2022, 7, 1, 12));
  EXPECT_FALSE(berlin->to_utc(at(2022, 7, 1, 14)).repeats());
  const auto new_york = TimeZone::named("America/New_York");
  EXPECT_EQ(new_york->to_local(at(2022, 12, 1, 12)), at(2022, 12, 1, 7));
  EXPECT_EQ(TimeZone::named("Asia/Kolkata")->to_local(at(2022, 7, 1, 12)), at(2022, 7, 1, 17, 30));
  EXPECT_EQ(TimeZone::named("UTC")->to_local(at(2022, 7, 1, 12)), at(2022, 7, 1, 12));
}

TEST(TimeZone, TheHourThatRepeats) {
  const auto berlin = TimeZone::named("Europe/Berlin");
  const auto both = berlin->to_utc(at(2022, 10, 30, 2, 30));
  EXPECT_TRUE(both.repeats());
  EXPECT_EQ(both.first, at(2022, 10, 30, 0, 30));
  EXPECT_EQ(both.last, at(2022, 10, 30, 1, 30));
  EXPECT_FALSE(berlin->to_utc(at(2022, 10, 30, 1, 59)).repeats());
  EXPECT_TRUE(berlin->to_utc(at(2022, 10, 30, 2, 0)).repeats());
  EXPECT_FALSE(berlin->to_utc(at(2022, 10, 30, 3, 0)).repeats());
  // Half an hour, in the other hemisphere.
  const auto island = TimeZone::named("Australia/Lord_Howe")->to_utc(at(2022, 4, 3, 1, 45));
  EXPECT_EQ(island.last - island.first, minutes(30));
}

TEST(TimeZone, TheHourThatIsLeftOut) {
  const auto never = TimeZone::named("Europe/Berlin")->to_utc(at(2022, 3, 27, 2, 30));
  EXPECT_FALSE(never.repeats());
  EXPECT_EQ(never.first, at(2022, 3, 27, 1, 30));
}

TEST(TimeZone, BeforeItsFirstShift) {
  // EET has been the same all the time until its first summer, in 1977.
  EXPECT_EQ(TimeZone::named("EET")->to_local(at(1970, 7, 1, 12)), at(1970, 7, 1, 14));
}

// Behind the database's table its rule holds.
TEST(TimeZone, InALongTime) {
  const auto berlin = TimeZone::named("Europe/Berlin");
  EXPECT_EQ(berlin->to_local(at(2150, 7, 1, 12)), at(2150, 7, 1, 14));
  EXPECT_EQ(berlin->to_local(at(2150, 12, 1, 12)), at(2150, 12, 1, 13));
  EXPECT_EQ(TimeZone::named("America/Santiago")->to_local(at(2150, 1, 1, 12)), at(2150, 1, 1, 9));
  EXPECT_EQ(TimeZone::named("Europe/Dublin")->to_local(at(2150, 7, 1, 12)), at(2150, 7, 1, 13));
}

TEST(TimeZone, WhatIsNone) {
  for (const auto* name : {"", "Europe", "Europe/Nowhere", "../Europe/Berlin", "/etc/passwd",
                           "Europe/Berlin/", "zone.tab", "+02:00", "CET DST", "right/Europe/Berlin"})
    EXPECT_FALSE(TimeZone::named(name)) << name;
  // A database that is damaged: whole, and cut at every byte.
  const test::TempDir directory;
  const auto whole = test::read_file("/usr/share/zoneinfo/Europe/Berlin");
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    test::write_file(directory / "Zone", whole.substr(0, size));
    TimeZone::named("Zone", directory.path());
  }
  test::write_file(directory / "Zone", whole);
  EXPECT_TRUE(TimeZone::named("Zone", directory.path()));
}

}  // namespace
}  // namespace peo
