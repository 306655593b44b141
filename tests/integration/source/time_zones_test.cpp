// Every zone of the system's database against PostgreSQL, which reads the same files: on each side of every
// shift that a file's name can meet, there and back.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/time_zone.hpp"
#include "support/database.hpp"
#include "support/postgres_server.hpp"

namespace peo {
namespace {

using namespace std::chrono;

seconds::rep count(Time time) { return floor<seconds>(time).time_since_epoch().count(); }

// The second from which on the clock differs from the one at `before`; at `after` it does.
Time shift_between(const TimeZone& zone, Time before, Time after) {
  const auto offset = zone.to_local(before) - before;
  while (after - before > seconds(1)) {
    const auto middle = floor<seconds>(before + (after - before) / 2);
    (zone.to_local(middle) - middle == offset ? before : after) = middle;
  }
  return after;
}

// (zone, moment, its local time; the moment as a local time, the first and the last moment that it may be)
void add(std::string& rows, const std::string& name, const TimeZone& zone, Time at) {
  const auto moments = zone.to_utc(at);
  rows += fmt::format("{}('{}',{},{},{},{})", rows.empty() ? "" : ",", name, count(at),
                      count(zone.to_local(at)), count(moments.first), count(moments.last));
}

TEST(TimeZones, AsPostgresqlSeesThem) {
  const test::TestDatabase scratch;
  test::Database database(scratch.conninfo());
  database.execute(
      "SET timezone = 'UTC';"
      "CREATE UNLOGGED TABLE ours (zone text, at int8, local int8, first int8, last int8)");
  // Without a slash PostgreSQL takes some for abbreviations, which have no summer.
  const auto names = database.rows(
      "SELECT name FROM pg_timezone_names WHERE name LIKE '%/%' AND name NOT LIKE 'posix/%' ORDER BY name");
  EXPECT_GT(names.size(), 300U);
  for (const auto& row : names) {
    const auto& name = row.at(0).value();
    const auto zone = TimeZone::named(name);
    ASSERT_TRUE(zone) << name;
    std::string rows;
    const Time end = sys_days(2100y / January / 1);
    for (Time at = sys_days(2010y / January / 1); at < end; at += days(5)) {
      const auto next = at + days(5);
      if (zone->to_local(at) - at == zone->to_local(next) - next) continue;
      const auto shift = shift_between(*zone, at, next);
      for (const auto second : {-1s, 0s}) {
        add(rows, name, *zone, shift + second);
        for (const auto away : {-60min, -30min, 0min, 30min, 60min})
          add(rows, name, *zone, zone->to_local(shift) + away + second);
      }
    }
    for (auto year = 2010y; year < 2100y; ++year)
      for (const auto month : {January, April, July, October})
        add(rows, name, *zone, sys_days(year / month / 10));
    database.execute("INSERT INTO ours VALUES " + rows);
  }
  // A local time that repeats, or never is, PostgreSQL takes for the last of two, or as this class does.
  EXPECT_EQ(database.value("SELECT count(DISTINCT zone) > 100 FROM ours WHERE first <> last"), "t");
  EXPECT_EQ(database.value(R"(
    SELECT coalesce(string_agg(DISTINCT zone || ' ' || to_timestamp(at), ', '), 'none') FROM ours
    WHERE extract(epoch FROM to_timestamp(at) AT TIME ZONE zone) <> local
       OR extract(epoch FROM (to_timestamp(at) AT TIME ZONE 'UTC') AT TIME ZONE zone) <> last)"),
            "none");
  // And when it repeats, the first shows the same clock.
  EXPECT_EQ(database.value(R"(
    SELECT count(*) FROM ours
    WHERE first <> last AND extract(epoch FROM to_timestamp(first) AT TIME ZONE zone) <> at)"),
            "0");
}

}  // namespace
}  // namespace peo
