// Notifiers refuse unsafe subjects and ids, never show credentials, and log only what was sent.
#include "notifier/notifier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/cancellation.hpp"
#include "base/error.hpp"
#include "notifier/log/log_notifier.hpp"
#include "notifier/nats/nats_notifier.hpp"

namespace peo::notifier {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

const std::string subject = "paper-engine.meta.orders.change";

Message message(std::uint64_t delivery, const std::string& on = subject) {
  return {.delivery_id = delivery,
          .position = 1,
          .id = "6f1c3f6e-0000-4000-8000-000000000000-" + std::to_string(delivery),
          .subject = on,
          .payload = R"({"v": 1})"};
}

class Recorder : public Notifier {
 public:
  std::string describe() const override { return "a test"; }
  std::string check(const std::string& /*subject*/) override { return {}; }
  int calls = 0;
  bool fail = false;

 protected:
  void send(std::span<const Message> messages, const Acknowledged& acknowledged) override {
    ++calls;
    if (fail) throw Error::retry("away");
    acknowledged(messages);
  }
};

TEST(LogNotifier, ShowsTheMessageAndThenSaysPublished) {
  LogNotifier notifier;
  const std::vector<Message> messages{message(26)};
  testing::internal::CaptureStderr();
  notifier.publish(messages);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              MatchesRegex("[0-9: -]+ INFO .log_notifier.cpp:[0-9]+.: Delivery 26: message on "
                           "paper-engine.meta.orders.change: ..v.: 1.\n"
                           "[0-9: -]+ INFO .notifier.cpp:[0-9]+.: Delivery 26: messages published.\n"));
}

TEST(NotifierTest, SaysNothingOfMessagesThatWereNotSent) {
  Recorder notifier;
  notifier.fail = true;
  const std::vector<Message> messages{message(26)};
  testing::internal::CaptureStderr();
  try {
    notifier.publish(messages);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.describe(), "notify: away.");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(NotifierTest, NothingToPublishAsksNobody) {
  Recorder notifier;
  notifier.publish({});
  EXPECT_EQ(notifier.calls, 0);
}

TEST(NotifierTest, RefusesSubjectsThatWouldBeAnotherCommand) {
  Recorder notifier;
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("a\r\nPUB x 0\r\n"), std::string("a..b"),
        std::string(".a"), std::string("a."), std::string("a.*"), std::string("a.>"), std::string("a\tb"),
        std::string("a\0b", 3), std::string(201, 'a')}) {
    const std::vector<Message> messages{message(1), message(2, bad)};
    try {
      notifier.publish(messages);
      ADD_FAILURE() << "accepted: " << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::Configuration);
      EXPECT_THAT(error.describe(), Not(HasSubstr("\n")));
    }
  }
  EXPECT_EQ(notifier.calls, 0);
  EXPECT_NO_THROW(check_subject(std::string(200, 'a')));
  EXPECT_NO_THROW(check_subject("büro.change"));
}

TEST(NotifierTest, RefusesAnIdThatWouldBeAnotherHeader) {
  Recorder notifier;
  std::vector<Message> messages{message(1)};
  for (const char* bad : {"", "a b", "a\r\nX: y"}) {
    messages[0].id = bad;
    EXPECT_THROW(notifier.publish(messages), Error);
  }
  EXPECT_EQ(notifier.calls, 0);
}

TEST(NatsNotifierTest, NeverShowsAUserInAnAddress) {
  const Cancellation stop;
  nats::NatsOptions options;
  options.servers = {"nats://user:s3cret@one.example:4222", "two.example"};
  EXPECT_EQ(NatsNotifier(options, stop).describe(), "NATS at one.example:4222, two.example");
}

TEST(NatsNotifierTest, NoServerIsAConfigurationError) {
  const Cancellation stop;
  EXPECT_THROW(NatsNotifier({}, stop), Error);
}

}  // namespace
}  // namespace peo::notifier
