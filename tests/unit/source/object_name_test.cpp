// Object names are recognized: full loads, changes with their time, transaction files, markers.
#include "source/object_name.hpp"

#include <gtest/gtest.h>

namespace peo::source {
namespace {

using std::chrono::sys_days;
using std::chrono::year;

template <typename Name>
bool is(std::string_view relative) {
  return std::holds_alternative<Name>(parse_object_name(relative));
}

Time time_of(std::string_view relative) { return std::get<ChangeName>(parse_object_name(relative)).time; }

std::uint64_t counter_of(std::string_view relative) {
  return std::get<LoadName>(parse_object_name(relative)).counter;
}

TEST(ObjectName, FullLoads) {
  EXPECT_EQ(counter_of("LOAD00000001.csv.gz"), 1U);
  EXPECT_EQ(counter_of("LOAD0000000A.csv"), 10U);
  EXPECT_EQ(counter_of("LOAD001.csv"), 1U);
  EXPECT_EQ(counter_of("LOAD0000000B.parquet"), 11U);
  EXPECT_EQ(counter_of("LOAD000000100.csv.gz"), 256U);
  EXPECT_EQ(counter_of("SEGMENT3_LOAD00000002.csv.gz"), 2U);
  EXPECT_EQ(counter_of("part_2021/LOAD00000001.csv.gz"), 1U);
  for (const auto* name :
       {"LOAD0000000a.csv", "LOAD.csv", "LOAD00000001.parquet.gz", "LOAD00000001.csv.gz.tmp",
        "load00000001.csv", "a/b/LOAD00000001.csv", "SEGMENT_LOAD00000001.csv"}) {
    EXPECT_TRUE(is<UnknownName>(name)) << name;
  }
}

TEST(ObjectName, ChangesHaveTheTimeInTheirName) {
  const Time day = sys_days(year(2022) / 9 / 22);
  const auto clock = std::chrono::hours(9) + std::chrono::minutes(58) + std::chrono::seconds(53);
  EXPECT_EQ(time_of("20220922-095853123.csv.gz"), day + clock + std::chrono::milliseconds(123));
  EXPECT_EQ(time_of("2022/09/22/20220922-095853123.parquet"), day + clock + std::chrono::milliseconds(123));
  EXPECT_TRUE(is<UnknownName>("CDC_TXN-20220922095853123.parquet"));
  EXPECT_EQ(time_of("20220922-09585312.csv"), day + clock + std::chrono::milliseconds(120));
  EXPECT_EQ(time_of("20220922-0958531234.csv"), day + clock + std::chrono::microseconds(123400));
  for (const auto* prefix :
       {"2022/09/22/", "2022-09-22/", "2022_09_22/", "20220922/", "2022092209/", "202209/", "2022/9/22/",
        "09/2022/22/", "22/09/2022/", "2022/09/22/09/", "2022/09/23/"}) {
    EXPECT_EQ(time_of(std::string(prefix) + "20220922-095853123.csv.gz"),
              day + clock + std::chrono::milliseconds(123))
        << prefix;
  }
  for (const auto* name : {"20221322-095853123.csv", "20220922-245853123.csv", "20220922-0958531.csv",
                           "20220922_095853123.csv", "processed/20220922-095853123.csv",
                           "2019/09/22/20220922-095853123.csv", "20220922-095853123.json", "report.csv"}) {
    EXPECT_TRUE(is<UnknownName>(name)) << name;
  }
}

TEST(ObjectName, TransactionFiles) {
  const Time time = sys_days(year(2020) / 11 / 17) + std::chrono::hours(15) + std::chrono::minutes(30) +
                    std::chrono::seconds(46) + std::chrono::milliseconds(33);
  for (const auto* name : {"CDC_TXN-20201117153046033.csv", "CDC_TXN-20201117153046033.csv.gz",
                           "CDC_TXN_20201117153046033.csv"}) {
    const auto parsed = parse_object_name(name);
    ASSERT_TRUE(std::holds_alternative<TransactionName>(parsed)) << name;
    EXPECT_EQ(std::get<TransactionName>(parsed).time, time);
  }
  for (const auto* name :
       {"CDC_TXN-2020111715304603.csv", "CDC_TXN-202011171530460333.csv", "CDC_TXN20201117153046033.csv",
        "CDC_TXN-20201317153046033.csv", "cdc_txn-20201117153046033.csv", "CDC_TXN-20201117153046033.json",
        "CDC_TXN-20201117-53046033.csv", "2020/11/17/CDC_TXN-20201117153046033.csv"}) {
    EXPECT_TRUE(is<UnknownName>(name)) << name;
  }
}

TEST(ObjectName, MarkersAndControlTables) {
  EXPECT_TRUE(is<FolderMarker>(""));
  EXPECT_TRUE(is<FolderMarker>("2022/"));
  EXPECT_TRUE(is<FolderMarker>("orders_$folder$"));
  EXPECT_TRUE(is_control_table("awsdms_status"));
  EXPECT_TRUE(is_control_table("AWSDMS_HISTORY"));
  EXPECT_TRUE(is_control_table("attrep_status"));
  EXPECT_FALSE(is_control_table("orders"));
}

TEST(ObjectName, DateFoldersOfOtherTimes) {
  const Time time = sys_days(year(2022) / 5 / 21);
  const auto prefix = [&](std::string_view relative) { return date_prefix_of(relative, time).value(); };
  EXPECT_EQ(prefix("2022/05/21/20220521-000000000.csv").name(time + std::chrono::hours(24 * 200)),
            "2022/12/07/");
  EXPECT_EQ(prefix("2022/5/21/20220521-000000000.csv").name(time), "2022/5/21/");
  EXPECT_EQ(prefix("05-2022-21/20220521-000000000.csv").name(time), "05-2022-21/");
  EXPECT_EQ(prefix("2022052100/20220521-000000000.csv").name(time + std::chrono::hours(7)), "2022052107/");
  EXPECT_TRUE(prefix("2022/05/21/x.csv").sorts_by_time());
  EXPECT_TRUE(prefix("202205/x.csv").sorts_by_time());
  EXPECT_FALSE(prefix("2022/5/21/x.csv").sorts_by_time());
  EXPECT_FALSE(prefix("05/2022/21/x.csv").sorts_by_time());
  EXPECT_FALSE(prefix("21/05/2022/x.csv").sorts_by_time());
  EXPECT_FALSE(date_prefix_of("20220521-000000000.csv", time));
}

}  // namespace
}  // namespace peo::source
