// Times as text, in every year.
#include "base/utc_time.hpp"

#include <gtest/gtest.h>

namespace peo {
namespace {

TEST(UtcTime, IsRightInEveryYear) {
  using namespace std::chrono;
  const Time time =
      sys_days(year(2022) / 9 / 22) + hours(9) + minutes(58) + seconds(53) + microseconds(999999);
  EXPECT_EQ(utc_time_text(time), "2022-09-22 09:58:53");
  EXPECT_EQ(utc_time_text(time, 'T'), "2022-09-22T09:58:53");
  // Counted in nanoseconds, these overflow.
  EXPECT_EQ(utc_time_text(sys_days(year(1) / 1 / 1)), "0001-01-01 00:00:00");
  EXPECT_EQ(utc_time_text(sys_days(year(9999) / 12 / 31) + hours(24) - microseconds(1)),
            "9999-12-31 23:59:59");
  EXPECT_EQ(utc_time_text(Time(microseconds(-1))), "1969-12-31 23:59:59");
}

}  // namespace
}  // namespace peo
