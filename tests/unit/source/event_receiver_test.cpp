// The receiver keeps a bounded set of hints, removes messages only once they were listed, and outlives its
// queue.
#include "source/events/event_receiver.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "source/events/sqs_error.hpp"
#include "source/events/sqs_queue.hpp"

namespace peo::source {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A queue in memory. The test and the receiver's thread share it.
struct Queue {
  std::mutex mutex;
  std::deque<std::string> messages;  // receipts are their texts
  std::vector<std::string> removed;
  bool away = false;
  int receives = 0;

  void put(const std::string& text) {
    const std::lock_guard lock(mutex);
    messages.push_back(text);
  }
  void set_away(bool now) {
    const std::lock_guard lock(mutex);
    away = now;
  }
  std::vector<std::string> gone() {
    const std::lock_guard lock(mutex);
    return removed;
  }
};

class QueueChannel final : public EventChannel {
 public:
  explicit QueueChannel(Queue& queue) : queue_(queue) {}
  std::string describe() const override { return "the queue"; }
  EventForm form() const override { return EventForm::JsonOrText; }
  void receive(milliseconds wait, const Take& take, const std::atomic<bool>& ended) override {
    const auto until = steady_clock::now() + wait;
    while (true) {
      {
        const std::lock_guard lock(queue_.mutex);
        ++queue_.receives;
        if (queue_.away) throw Error::retry("the queue is away");
        if (!queue_.messages.empty()) {
          for (const auto& text : queue_.messages) take(text, text);
          queue_.messages.clear();
          return;
        }
      }
      if (ended || steady_clock::now() >= until) return;
      std::this_thread::sleep_for(milliseconds(1));
    }
  }
  void remove(const std::vector<std::string>& receipts) override {
    const std::lock_guard lock(queue_.mutex);
    queue_.removed.insert(queue_.removed.end(), receipts.begin(), receipts.end());
  }
  std::vector<std::string> check() override { return {}; }

 private:
  Queue& queue_;
};

class EventReceiverTest : public ::testing::Test {
 protected:
  EventReceiverTest() { ::testing::internal::CaptureStderr(); }
  ~EventReceiverTest() override {
    receiver.end();
    ::testing::internal::GetCapturedStderr();
  }
  EventReceiverOptions options() {
    EventReceiverOptions options;
    options.first_delay = options.longest_delay = milliseconds(2);
    options.longest_wait = milliseconds(50);
    options.on_event = [this](EventResult) { ++received; };
    options.without = "polling every 15 to 30 s";
    return options;
  }
  template <typename Condition>
  bool eventually(Condition condition) {
    for (int i = 0; i < 5000 && !condition(); ++i) std::this_thread::sleep_for(milliseconds(2));
    return condition();
  }
  // The first hint is of everything.
  void begin() {
    receiver.begin();
    ASSERT_TRUE(eventually([&] { return receiver.available(); }));
    EXPECT_TRUE(receiver.take().all);
    receiver.listed();
  }

  std::atomic<int> received{0};
  Queue queue;
  Cancellation stop;
  EventReceiver receiver{std::make_unique<QueueChannel>(queue), options(), stop};
};

TEST_F(EventReceiverTest, AMessageIsRemovedOnceItWasListed) {
  begin();
  queue.put("dbo/orders/a");
  ASSERT_TRUE(eventually([&] { return receiver.has_hints(); }));
  EXPECT_THAT(receiver.take().prefixes, ElementsAre("dbo/orders/"));
  EXPECT_FALSE(receiver.has_hints());
  queue.put("dbo/executions/b");
  ASSERT_TRUE(eventually([&] { return receiver.has_hints(); }));
  EXPECT_THAT(queue.gone(), IsEmpty());
  receiver.listed();  // what was taken before it, alone
  ASSERT_TRUE(eventually([&] { return !queue.gone().empty(); }));
  EXPECT_THAT(queue.gone(), ElementsAre("dbo/orders/a"));
}

TEST_F(EventReceiverTest, WhatIsNoHintIsRemovedAtOnce) {
  begin();
  queue.put("{\"nothing\": 1}");
  ASSERT_TRUE(eventually([&] { return queue.gone().size() == 1; }));
  EXPECT_FALSE(receiver.has_hints());
}

TEST_F(EventReceiverTest, AFloodTakesNoMoreMemory) {
  begin();
  {
    const std::lock_guard lock(queue.mutex);
    for (int i = 0; i < 1100; ++i) queue.messages.push_back(fmt::format("dbo/t{}/x", i));
  }
  ASSERT_TRUE(eventually([&] { return received == 1100; }));
  EXPECT_TRUE(receiver.take().all);
  // More than 1,000 messages are out: nothing is received until they were listed.
  queue.put("dbo/late/x");
  std::this_thread::sleep_for(milliseconds(120));
  EXPECT_EQ(received, 1100);
  receiver.listed();
  ASSERT_TRUE(eventually([&] { return receiver.has_hints(); }));
  EXPECT_THAT(receiver.take().prefixes, ElementsAre("dbo/late/"));
}

TEST_F(EventReceiverTest, AQueueThatIsAwayIsToldOnceAndEverythingIsNewsThen) {
  queue.set_away(true);
  receiver.begin();
  ASSERT_TRUE(eventually([&] {
    const std::lock_guard lock(queue.mutex);
    return queue.receives > 10;
  }));
  EXPECT_FALSE(receiver.available());
  EXPECT_FALSE(receiver.has_hints());
  queue.set_away(false);
  ASSERT_TRUE(eventually([&] { return receiver.available(); }));
  EXPECT_TRUE(receiver.take().all);
  queue.set_away(true);
  const auto until = steady_clock::now() + std::chrono::seconds(20);
  receiver.wait_until(until);  // woken by the change, not by the time
  ASSERT_TRUE(eventually([&] { return !receiver.available(); }));
  EXPECT_LT(steady_clock::now(), until);
  receiver.end();
  const auto log = ::testing::internal::GetCapturedStderr();
  ::testing::internal::CaptureStderr();
  std::size_t told = 0;
  for (auto at = log.find("Can't receive events"); at != std::string::npos;
       at = log.find("Can't receive events", at + 1))
    ++told;
  EXPECT_EQ(told, 2U) << log;
  EXPECT_THAT(log, HasSubstr("polling every 15 to 30 s meanwhile"));
}

TEST(SqsQueue, RegionOfTheHost) {
  EXPECT_EQ(region_of_queue("https://sqs.eu-central-1.amazonaws.com/123456789012/q"), "eu-central-1");
  EXPECT_EQ(region_of_queue("https://sqs.cn-north-1.amazonaws.com.cn/1/q"), "cn-north-1");
  EXPECT_EQ(region_of_queue("https://sqs-fips.us-east-1.amazonaws.com/1/q"), "us-east-1");
  EXPECT_EQ(region_of_queue("https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com/1/q"), "eu-west-1");
  EXPECT_EQ(region_of_queue("https://eu-west-1.queue.amazonaws.com/1/q"), "eu-west-1");
  EXPECT_EQ(region_of_queue("https://queue.amazonaws.com/1/q"), "");
  EXPECT_EQ(region_of_queue("http://127.0.0.1:4566/1/q"), "");
}

TEST(SqsError, TellsWhatToDo) {
  const auto error = [](int status, const std::string& body) {
    SqsRefusal refusal{
        .action = "ReceiveMessage", .queue = "https://sqs/1/q", .status = status, .code = {}, .message = {}};
    read_error_document(body, refusal);
    return to_error(refusal);
  };
  EXPECT_EQ(error(500, "<html>").kind(), ErrorKind::Retry);
  EXPECT_EQ(error(400, R"({"__type":"com.amazon.coral.service#ThrottlingException"})").kind(),
            ErrorKind::Retry);
  const auto denied =
      error(403, R"({"__type":"com.amazon.coral.service#AccessDeniedException","message":"no"})");
  EXPECT_EQ(denied.exit_code(), ExitCode::PermissionDenied);
  EXPECT_THAT(denied.describe(), HasSubstr("sqs:ReceiveMessage and sqs:DeleteMessage"));
  const auto missing =
      error(400, R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The queue"})");
  EXPECT_EQ(missing.exit_code(), ExitCode::Configuration);
  EXPECT_THAT(missing.describe(), HasSubstr("SOURCE_EVENTS"));
}

}  // namespace
}  // namespace peo::source
