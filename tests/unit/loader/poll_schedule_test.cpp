// When a service polls, and what: with and without events.
#include "loader/poll_schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <thread>

namespace peo::loader {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A subject in memory.
class Subject final : public source::EventChannel {
 public:
  explicit Subject(std::atomic<bool>& away) : away_(away) {}
  void publish(const std::string& text) {
    const std::lock_guard lock(mutex_);
    texts_.push_back(text);
  }
  std::string describe() const override { return "subject"; }
  source::EventForm form() const override { return source::EventForm::JsonOrText; }
  void receive(milliseconds, const Take& take, const std::atomic<bool>&) override {
    if (away_) throw Error::retry("away");
    std::this_thread::sleep_for(milliseconds(1));
    const std::lock_guard lock(mutex_);
    for (const auto& text : texts_) take(text, "");
    texts_.clear();
  }
  std::vector<std::string> check() override { return {}; }

 private:
  std::atomic<bool>& away_;
  std::mutex mutex_;
  std::vector<std::string> texts_;
};

class PollScheduleTest : public ::testing::Test {
 protected:
  PollScheduleTest() {
    ::testing::internal::CaptureStderr();
    auto channel = std::make_unique<Subject>(away);
    subject = channel.get();
    source::EventReceiverOptions options;
    options.first_delay = options.longest_delay = milliseconds(2);
    events.emplace(std::move(channel), std::move(options), stop);
  }
  ~PollScheduleTest() override {
    events.reset();
    ::testing::internal::GetCapturedStderr();
  }
  PollSchedule with(PollTimes times, PollTimes without_events) {
    return {{.times = times, .without_events = without_events, .events = &*events}, stop, liveness};
  }
  // Everything is news once.
  source::Scope begin(PollSchedule& schedule) {
    schedule.listed(true);
    events->begin();
    auto scope = schedule.with_events(schedule.wait(false, {}));
    schedule.listed(scope.all);
    return scope;
  }

  Cancellation stop;
  Liveness liveness;
  std::atomic<bool> away{false};
  Subject* subject = nullptr;
  std::optional<source::EventReceiver> events;
};

constexpr PollTimes never{hours(1), hours(1)};
constexpr PollTimes soon{milliseconds(30), milliseconds(30)};

TEST_F(PollScheduleTest, AnEventIsAPollOfItsPrefix) {
  auto schedule = with(never, never);
  EXPECT_TRUE(begin(schedule).all);
  EXPECT_FALSE(schedule.by_event());
  subject->publish("dbo/orders/x.csv");
  const auto scope = schedule.with_events(schedule.wait(false, {}));
  EXPECT_FALSE(scope.all);
  EXPECT_THAT(scope.prefixes, ElementsAre("dbo/orders/"));
  EXPECT_TRUE(schedule.by_event());
  // What comes while that is listed is listed with the next round.
  subject->publish("dbo/executions/x.csv");
  while (!events->has_hints()) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_THAT(schedule.with_events(scope).prefixes, ElementsAre("dbo/executions/", "dbo/orders/"));
}

TEST_F(PollScheduleTest, WithoutEventsAllIsPolledAsOftenAsWithout) {
  away = true;
  auto schedule = with(never, soon);
  schedule.listed(true);
  events->begin();
  EXPECT_TRUE(schedule.wait(false, {"orders"}).all);
}

TEST_F(PollScheduleTest, TablesThatWaitArePolledAsOftenAsWithoutEvents) {
  auto schedule = with(never, soon);
  begin(schedule);
  const auto scope = schedule.wait(false, {"orders"});
  EXPECT_FALSE(scope.all);
  EXPECT_THAT(scope.tables, ElementsAre("orders"));
  EXPECT_THAT(scope.prefixes, IsEmpty());
}

// Whatever comes, all is polled when its time has come.
TEST_F(PollScheduleTest, AFloodKeepsNobodyWaiting) {
  auto schedule = with(soon, never);
  begin(schedule);
  source::Scope scope{.all = false};
  for (int i = 0; !scope.all; ++i) {
    subject->publish("dbo/orders/x.csv");
    scope = schedule.with_events(source::Scope{.all = false});
    ASSERT_LT(i, 100'000'000);
  }
  EXPECT_FALSE(schedule.by_event());
}

TEST_F(PollScheduleTest, SlicesFollowEachOther) {
  PollSchedule schedule({.times = never, .without_events = never}, stop, liveness);
  schedule.listed(true);
  const auto scope = schedule.wait(true, {});
  EXPECT_FALSE(scope.all);
  EXPECT_TRUE(scope.slice);
}

TEST_F(PollScheduleTest, AStopEndsTheWait) {
  auto schedule = with(never, never);
  begin(schedule);
  stop.request();
  EXPECT_TRUE(schedule.wait(false, {}).all);
}

}  // namespace
}  // namespace peo::loader
