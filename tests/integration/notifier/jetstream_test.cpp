// The notifier and JetStream: exactly once in the stream, in order, whatever happens to stream and server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "integration/notifier/messages.hpp"
#include "notifier/nats/nats_notifier.hpp"
#include "support/nats_server.hpp"

namespace peo::notifier {
namespace {

using std::chrono::milliseconds;
using test::JetStream;
using test::NatsServer;
using test::NatsSubscriber;
using testing::HasSubstr;

class JetStreamTest : public testing::Test {
 protected:
  nats::NatsOptions options() const {
    nats::NatsOptions options;
    options.servers = {server_.address()};
    options.user = server_.url().find('@') == std::string::npos ? "" : "loader";
    options.password = options.user.empty() ? "" : "pw";
    return options;
  }
  NatsServer server_{{.jetstream = true}};
  Cancellation stop_;
};

TEST_F(JetStreamTest, ARepeatIsInTheStreamOnce) {
  JetStream jetstream(server_.url());
  jetstream.add_stream("CHANGES", "paper-engine.>");
  NatsNotifier notifier(options(), stop_);
  EXPECT_THAT(notifier.check(subject), HasSubstr("the JetStream stream CHANGES"));
  notifier.publish(some_messages(1, 10));
  notifier.publish(some_messages(1, 10));
  notifier.publish(some_messages(6, 10));
  EXPECT_EQ(positions(jetstream.messages("CHANGES")), numbers(1, 15));
  const auto first = jetstream.messages("CHANGES").at(0);
  EXPECT_EQ(first.headers.at("Nats-Msg-Id"), "6f1c3f6e-0000-4000-8000-000000000000-101");
  EXPECT_EQ(first.payload, "{\"max_event_id\": 1}");
}

TEST_F(JetStreamTest, FiveThousandMessagesInOrder) {
  JetStream jetstream(server_.url());
  jetstream.add_stream("CHANGES", subject);
  NatsNotifier notifier(options(), stop_);
  notifier.publish(some_messages(1, 5000));
  EXPECT_EQ(positions(jetstream.messages("CHANGES")), numbers(1, 5000));
}

// The server goes away in the middle: what was sent twice is there once, and in order.
TEST_F(JetStreamTest, AServerRestartNeitherLosesNorDoubles) {
  {
    JetStream jetstream(server_.url());
    jetstream.add_stream("CHANGES", subject);
  }
  NatsNotifier notifier(options(), stop_);
  std::atomic<bool> failed = false;
  std::jthread publisher([&] {
    try {
      for (std::uint64_t first = 1; first <= 2001; first += 100)
        publish_at_last(notifier, some_messages(first, 100));
    } catch (const std::exception& error) {
      failed = true;
      ADD_FAILURE() << error.what();
    }
  });
  for (int i = 0; i < 3; ++i) {
    std::this_thread::sleep_for(milliseconds(60));
    server_.restart();  // a kill may cost the server itself what it had acknowledged
  }
  publisher.join();
  ASSERT_FALSE(failed);
  JetStream jetstream(server_.url());
  EXPECT_EQ(positions(jetstream.messages("CHANGES")), numbers(1, 2100));
}

TEST_F(JetStreamTest, AStreamThatAppearsLaterIsFoundAndItsFailureIsSeen) {
  NatsNotifier notifier(options(), stop_);
  notifier.set_stream_lookup_interval(milliseconds(0));
  testing::internal::CaptureStderr();
  notifier.publish(some_messages(1, 1));
  JetStream jetstream(server_.url());
  jetstream.add_stream("CHANGES", subject, 2, true);
  notifier.publish(some_messages(2, 2));
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("NATS: no JetStream stream captures subject " + subject));
  EXPECT_THAT(log, HasSubstr("NATS: the JetStream stream CHANGES captures subject " + subject + "."));
  // Full: only who waits for the stream's answer learns of it.
  const auto error = error_of([&] { notifier.publish(some_messages(4, 3)); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), ErrorKind::Retry) << error->describe();
  EXPECT_THAT(error->describe(), HasSubstr("stream CHANGES did not store the message"));
  EXPECT_EQ(positions(jetstream.messages("CHANGES")), numbers(2, 2));
}

TEST_F(JetStreamTest, AStreamThatIsRemovedIsMissedOnceAndThenDoneWithout) {
  JetStream jetstream(server_.url());
  jetstream.add_stream("CHANGES", subject);
  NatsNotifier notifier(options(), stop_);
  notifier.publish(some_messages(1, 1));
  jetstream.delete_stream("CHANGES");
  notifier.publish(some_messages(2, 1));  // nobody answers: asked again, and gone
  NatsSubscriber subscriber(server_.url(), "paper-engine.>");
  testing::internal::CaptureStderr();
  notifier.publish(some_messages(3, 1));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::Not(HasSubstr("captures subject")));
  ASSERT_TRUE(subscriber.wait_for(1));
  EXPECT_EQ(positions(subscriber.messages()), numbers(3, 1));
}

TEST_F(JetStreamTest, AStreamThatIsRemovedWhileOthersListenIsFoundOutByTheNextTry) {
  JetStream jetstream(server_.url());
  jetstream.add_stream("CHANGES", subject);
  NatsSubscriber subscriber(server_.url(), "paper-engine.>");
  NatsNotifier notifier(options(), stop_);
  notifier.publish(some_messages(1, 1));
  jetstream.delete_stream("CHANGES");
  publish_at_last(notifier, some_messages(2, 1));
  EXPECT_TRUE(subscriber.wait_for(2));
}

TEST_F(JetStreamTest, AJetStreamThatIsGoneIsNotTakenForARemovedStream) {
  {
    JetStream jetstream(server_.url());
    jetstream.add_stream("CHANGES", subject);
  }
  NatsNotifier notifier(options(), stop_);
  notifier.publish(some_messages(1, 1));
  server_.stop();
  server_.options().jetstream = false;
  server_.start();
  const auto error = error_of([&] { notifier.publish(some_messages(2, 1)); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), ErrorKind::Retry) << error->describe();
  // Or the end of the old connection is seen first.
  EXPECT_THAT(error->describe(),
              AnyOf(HasSubstr("JetStream doesn't respond"), HasSubstr("has closed the connection")));
  server_.stop();
  server_.options().jetstream = true;
  server_.start();
  publish_at_last(notifier, some_messages(2, 1));
  JetStream jetstream(server_.url());
  EXPECT_EQ(positions(jetstream.messages("CHANGES")), numbers(1, 2));
}

class RestrictedTest : public JetStreamTest {
 protected:
  void restart_with(const std::string& permissions) {
    server_.stop();
    server_.options().user = "loader";
    server_.options().password = "pw";
    server_.options().permissions = permissions;
    server_.start();
  }
};

TEST_F(RestrictedTest, AUserWhoMayNotAskForStreamsPublishesWithoutThem) {
  restart_with("publish: [\"" + subject + "\"], subscribe: [\"paper-engine.>\"]");
  NatsSubscriber subscriber(server_.url(), "paper-engine.>");
  NatsNotifier notifier(options(), stop_);
  testing::internal::CaptureStderr();
  notifier.publish(some_messages(1, 2));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("may not look up which JetStream stream"));
  ASSERT_TRUE(subscriber.wait_for(2));
}

TEST_F(RestrictedTest, ADeniedSubjectOfAStreamIsPermissionDenied) {
  {
    JetStream jetstream(server_.url());
    jetstream.add_stream("CHANGES", subject);
  }
  restart_with("publish: {deny: \"" + subject + "\"}");
  NatsNotifier notifier(options(), stop_);
  const auto error = error_of([&] { notifier.publish(some_messages(1, 2)); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->exit_code(), ExitCode::PermissionDenied) << error->describe();
}

}  // namespace
}  // namespace peo::notifier
