// A heartbeat counts as missing only when it was watched for the whole timeout and never changed.
#include "target/ledger/heartbeat.hpp"

#include <gtest/gtest.h>

namespace peo::target {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

class SilenceTest : public ::testing::Test {
 protected:
  // A check every two seconds, at what the holder shows then.
  bool look(const std::string& holder, const std::optional<std::string>& sign, seconds after = seconds(2)) {
    now_ += after;
    return silence_.expired(holder, sign, now_);
  }
  steady_clock::time_point now_{};
  HeartbeatMonitor silence_{seconds(10)};
};

TEST_F(SilenceTest, LastsWhenNothingChangesForLongEnough) {
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(look("a", "1"));
  EXPECT_TRUE(look("a", "1"));
  EXPECT_TRUE(look("a", "1"));
  EXPECT_FALSE(look("a", "2"));
  EXPECT_FALSE(look("a", "2"));
}

TEST_F(SilenceTest, BeginsAnewWithEachSignAndEachHolder) {
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(look("a", std::to_string(i / 4)));
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(look(std::to_string(i / 4), "1"));
}

TEST_F(SilenceTest, WhoNeverGaveASignIsNotSilent) {
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(look("a", std::nullopt));
}

// The server, or the standby itself, slept for an hour: that says nothing about the holder.
TEST_F(SilenceTest, AnHourWithoutALookIsNoHourOfSilence) {
  EXPECT_FALSE(look("a", "1"));
  EXPECT_FALSE(look("a", "1", seconds(3600)));
  EXPECT_FALSE(look("a", "1"));
  EXPECT_FALSE(look("a", "2"));
}

}  // namespace
}  // namespace peo::target
