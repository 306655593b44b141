// The loader's one-word state follows from the facts.
#include "operate/state.hpp"

#include <gmock/gmock.h>

#include "operate/status_collector.hpp"

namespace peo::operate {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

const Time noon = Time(seconds(1'700'000'000));

ProcessNow working() {
  ProcessNow now{.ready = true, .patience_seconds = 1830, .metrics = {}};
  now.metrics.leader = true;
  now.metrics.last_poll = noon;
  return now;
}
StateWord state(const ProcessNow& now, const std::string& trouble = "", const std::string& holder = "") {
  return state_of(now, trouble, holder, noon, seconds(120));
}

TEST(State, CaughtUpWhenNothingWaits) { EXPECT_EQ(state(working()).word, "caught up"); }

TEST(State, BehindOnlyWhenAFileHasWaitedTooLong) {
  auto now = working();
  now.metrics.backlog["orders"] = {.files = 2, .bytes = 2048};
  now.metrics.oldest_waiting = noon - seconds(119);
  EXPECT_EQ(state(now).word, "caught up");
  now.metrics.oldest_waiting = noon - seconds(121);
  EXPECT_EQ(state(now).word, "behind");
  EXPECT_THAT(state(now).why, HasSubstr("2 files wait"));
}

TEST(State, StuckWhenNothingMoves) {
  auto now = working();
  now.idle_seconds = 1829;
  EXPECT_EQ(state(now).word, "caught up");
  now.idle_seconds = 1831;
  EXPECT_EQ(state(now).word, "stuck");
  EXPECT_THAT(state(now).why, HasSubstr("Nothing has moved"));
}

TEST(State, StuckWhenAnEntityIsHeldAndSaysWhy) {
  auto now = working();
  now.metrics.held["orders"] = "dbo/orders/x.csv.gz: came late";
  EXPECT_EQ(state(now).word, "stuck");
  EXPECT_THAT(state(now).why, HasSubstr("orders: dbo/orders/x.csv.gz: came late"));
}

TEST(State, StuckWithItsTroubleWhenNotReady) {
  auto now = working();
  now.ready = false;
  EXPECT_EQ(state(now, "the bucket says no").why, "the bucket says no");
  EXPECT_EQ(state(now, "the bucket says no").word, "stuck");
}

TEST(State, StartingBeforeTheFirstLook) {
  const ProcessNow now{.patience_seconds = 1830, .metrics = {}};
  EXPECT_EQ(state(now).word, "starting");
}

TEST(State, StandingByNamesTheHolder) {
  auto now = working();
  now.ready = false;
  now.metrics.leader = false;
  EXPECT_EQ(state(now, "", "another").word, "standing by");
  EXPECT_THAT(state(now, "", "another").why, HasSubstr("another"));
}

TEST(State, StoppingComesFirst) {
  auto now = working();
  now.stopping = true;
  now.idle_seconds = 9999;
  EXPECT_EQ(state(now).word, "stopping");
}

}  // namespace
}  // namespace peo::operate
