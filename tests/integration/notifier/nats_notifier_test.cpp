// The notifier against a real server: what arrives, what is refused, what happens while it is away.
#include "notifier/nats/nats_notifier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "integration/notifier/messages.hpp"
#include "support/nats_server.hpp"

namespace peo::notifier {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::NatsServer;
using test::NatsSubscriber;
using test::NatsTls;
using testing::HasSubstr;
using testing::Not;

nats::NatsOptions options_for(const NatsServer& server, const std::string& scheme = "nats://") {
  nats::NatsOptions options;
  options.servers = {scheme + server.address()};
  return options;
}

class NatsNotifierTest : public testing::Test {
 protected:
  Cancellation stop_;
};

TEST_F(NatsNotifierTest, MessagesArriveByteForByteWithTheirHeaders) {
  const NatsServer server;
  NatsSubscriber subscriber(server.url(), "paper-engine.>");
  NatsNotifier notifier(options_for(server), stop_);
  auto messages = some_messages(1, 2);
  messages[0].payload = std::string("{\"host\": \"\xc3\xa4\\\"\"}\r\n") + '\0' + "end";
  notifier.publish(messages);
  ASSERT_TRUE(subscriber.wait_for(2));
  const auto got = subscriber.messages();
  EXPECT_EQ(got[0].subject, subject);
  EXPECT_EQ(got[0].payload, messages[0].payload);
  EXPECT_EQ(got[1].payload, messages[1].payload);
  const std::map<std::string, std::string> headers{
      {"Nats-Msg-Id", "6f1c3f6e-0000-4000-8000-000000000000-101"}, {"Paper-Engine-Outbox-Position", "1"}};
  EXPECT_EQ(got[0].headers, headers);
}

// Such a subscriber also receives the question for the stream, where nobody else would answer it, and the one
// by which it is noticed.
TEST_F(NatsNotifierTest, ASubscriberOfEverythingIsNoHindrance) {
  const NatsServer server;
  NatsSubscriber subscriber(server.url(), ">");
  NatsNotifier notifier(options_for(server), stop_);
  notifier.publish(some_messages(1, 1));
  notifier.publish(some_messages(2, 1));
  ASSERT_TRUE(subscriber.wait_for(4));
  std::vector<test::ReceivedMessage> ours;
  for (const auto& message : subscriber.messages()) {
    if (message.subject == subject) ours.push_back(message);
  }
  EXPECT_EQ(positions(ours), numbers(1, 2));
}

TEST_F(NatsNotifierTest, LogsOneLineForEachDeliveryWhenAllIsAcknowledged) {
  const NatsServer server;
  NatsNotifier notifier(options_for(server), stop_);
  testing::internal::CaptureStderr();
  notifier.publish(some_messages(1, 2));
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log,
              testing::ContainsRegex(" INFO .notifier.cpp:[0-9]+.: Delivery 101: messages published.\n"));
  EXPECT_THAT(log,
              testing::ContainsRegex(" INFO .notifier.cpp:[0-9]+.: Delivery 102: messages published.\n"));
}

TEST_F(NatsNotifierTest, UserAndPasswordAreUsed) {
  const NatsServer server({.user = "loader", .password = "s3cret/@:"});
  auto options = options_for(server);
  options.user = "loader";
  options.password = "s3cret/@:";
  NatsNotifier notifier(options, stop_);
  notifier.publish(some_messages(1, 1));
  EXPECT_THAT(server.log(), Not(HasSubstr("authentication error")));
}

TEST_F(NatsNotifierTest, WrongPasswordIsPermissionDeniedAndIsNotShown) {
  const NatsServer server({.user = "loader", .password = "right"});
  auto options = options_for(server);
  options.user = "loader";
  options.password = "wr0ng-s3cret";
  NatsNotifier notifier(options, stop_);
  const auto error = error_of([&] { notifier.publish(some_messages(1, 1)); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->exit_code(), ExitCode::PermissionDenied) << error->describe();
  EXPECT_EQ(error->kind(), ErrorKind::Fatal);
  EXPECT_THAT(error->describe(), HasSubstr("notify: NATS at " + server.address() + " refused the user"));
  EXPECT_THAT(error->describe(), Not(HasSubstr("s3cret")));
}

TEST_F(NatsNotifierTest, TokenIsUsedAndAWrongOneIsPermissionDenied) {
  const NatsServer server({.token = "t0ken"});
  auto options = options_for(server);
  options.token = "t0ken";
  NatsNotifier(options, stop_).publish(some_messages(1, 1));
  options.token = "0ther";
  const auto error = error_of([&] { NatsNotifier(options, stop_).publish(some_messages(1, 1)); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->exit_code(), ExitCode::PermissionDenied) << error->describe();
  EXPECT_THAT(error->describe(), Not(HasSubstr("0ther")));
}

TEST_F(NatsNotifierTest, TlsWithItsAuthorityWorks) {
  const NatsServer server({.user = "loader", .password = "pw", .tls = NatsTls::On});
  NatsSubscriber subscriber(server.url(), "paper-engine.>", server.ca_file());
  auto options = options_for(server, "tls://");
  options.user = "loader";
  options.password = "pw";
  options.ca_file = server.ca_file();
  NatsNotifier notifier(options, stop_);
  notifier.publish(some_messages(1, 1));
  EXPECT_TRUE(subscriber.wait_for(1));
}

TEST_F(NatsNotifierTest, TlsTrustsTheSystemsAuthoritiesWhenNoneIsNamed) {
  const NatsServer server({.tls = NatsTls::On});
  ::setenv("SSL_CERT_FILE", server.ca_file().c_str(), 1);  // where OpenSSL looks for them
  const auto error =
      error_of([&] { NatsNotifier(options_for(server, "tls://"), stop_).publish(some_messages(1, 1)); });
  ::unsetenv("SSL_CERT_FILE");
  EXPECT_FALSE(error) << error->describe();
}

TEST_F(NatsNotifierTest, TlsWithAnotherAuthorityIsRefused) {
  const NatsServer server({.tls = NatsTls::On});
  auto options = options_for(server, "tls://");
  options.ca_file = server.other_ca_file();
  const auto error = error_of([&] { NatsNotifier(options, stop_).publish(some_messages(1, 1)); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->exit_code(), ExitCode::Configuration) << error->describe();
  EXPECT_THAT(error->describe(), HasSubstr("certificate is not accepted (unable to get local issuer"));
}

TEST_F(NatsNotifierTest, TlsWithACertificateForAnotherNameIsRefused) {
  const NatsServer server({.tls = NatsTls::WrongName});
  auto options = options_for(server, "tls://");
  options.ca_file = server.ca_file();
  const auto error = error_of([&] { NatsNotifier(options, stop_).publish(some_messages(1, 1)); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->exit_code(), ExitCode::Configuration) << error->describe();
  EXPECT_THAT(error->describe(), HasSubstr("certificate is not accepted (IP address mismatch)"));
}

TEST_F(NatsNotifierTest, TlsToAPlainServerFailsInsteadOfGoingInTheClear) {
  const NatsServer server;
  NatsSubscriber subscriber(server.url(), "paper-engine.>");
  const auto error =
      error_of([&] { NatsNotifier(options_for(server, "tls://"), stop_).publish(some_messages(1, 1)); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->exit_code(), ExitCode::Configuration) << error->describe();
  EXPECT_THAT(error->describe(), HasSubstr("doesn't offer TLS"));
  NatsNotifier(options_for(server), stop_).publish(some_messages(7, 1));
  ASSERT_TRUE(subscriber.wait_for(1));
  EXPECT_EQ(positions(subscriber.messages()), numbers(7, 1));
}

TEST_F(NatsNotifierTest, PlainToATlsServerIsAConfigurationError) {
  const NatsServer server({.tls = NatsTls::On});
  const auto error = error_of([&] { NatsNotifier(options_for(server), stop_).publish(some_messages(1, 1)); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->exit_code(), ExitCode::Configuration) << error->describe();
}

TEST_F(NatsNotifierTest, MissingAuthorityFileIsAConfigurationErrorThatNamesIt) {
  const NatsServer server;
  auto options = options_for(server, "tls://");
  options.ca_file = "/nowhere/ca.pem";
  const auto error = error_of([&] { NatsNotifier(options, stop_).publish(some_messages(1, 1)); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->exit_code(), ExitCode::Configuration);
  EXPECT_THAT(error->describe(), HasSubstr("/nowhere/ca.pem"));
}

TEST_F(NatsNotifierTest, ServerAwayIsRetryAndItWorksWhenItIsBack) {
  NatsServer server;
  server.stop();
  NatsNotifier notifier(options_for(server), stop_);
  const auto began = steady_clock::now();
  const auto error = error_of([&] { notifier.publish(some_messages(1, 1)); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), ErrorKind::Retry) << error->describe();
  EXPECT_EQ(error->exit_code(), ExitCode::TryAgain);
  EXPECT_LT(steady_clock::now() - began, std::chrono::seconds(10));
  server.start();
  NatsSubscriber subscriber(server.url(), "paper-engine.>");
  notifier.publish(some_messages(1, 1));
  EXPECT_TRUE(subscriber.wait_for(1));
}

TEST_F(NatsNotifierTest, RestartBetweenTwoPublishes) {
  NatsServer server;
  NatsNotifier notifier(options_for(server), stop_);
  notifier.publish(some_messages(1, 1));
  server.kill();
  server.start();
  NatsSubscriber subscriber(server.url(), "paper-engine.>");
  publish_at_last(notifier, some_messages(2, 1));
  ASSERT_TRUE(subscriber.wait_for(1));
  EXPECT_EQ(positions(subscriber.messages()), numbers(2, 1));
}

TEST_F(NatsNotifierTest, NothingIsBufferedWhileTheServerIsAway) {
  NatsServer server;
  NatsNotifier notifier(options_for(server), stop_);
  notifier.publish(some_messages(1, 1));
  server.stop();
  const auto error = error_of([&] { notifier.publish(some_messages(2, 1)); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), ErrorKind::Retry);
  server.start();
  NatsSubscriber subscriber(server.url(), "paper-engine.>");
  publish_at_last(notifier, some_messages(3, 1));
  ASSERT_TRUE(subscriber.wait_for(1));
  EXPECT_EQ(positions(subscriber.messages()), numbers(3, 1));
}

TEST_F(NatsNotifierTest, AServerThatDoesNotAnswerIsRetryAfterASmallTime) {
  NatsServer server;
  NatsNotifier notifier(options_for(server), stop_);
  notifier.publish(some_messages(1, 1));
  server.pause();
  const auto began = steady_clock::now();
  const auto error = error_of([&] { notifier.publish(some_messages(2, 3000, 10'000)); });  // fills the socket
  const auto took = steady_clock::now() - began;
  server.resume();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), ErrorKind::Retry) << error->describe();
  EXPECT_LT(took, std::chrono::seconds(30));
}

TEST_F(NatsNotifierTest, AStopEndsTheWait) {
  NatsServer server;
  NatsNotifier notifier(options_for(server), stop_);
  notifier.publish(some_messages(1, 1));
  stop_.request();
  notifier.publish(some_messages(2, 1));  // what is ready still goes out
  server.pause();
  const auto began = steady_clock::now();
  const auto error = error_of([&] { notifier.publish(some_messages(3, 1)); });
  const auto took = steady_clock::now() - began;
  server.resume();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), ErrorKind::Retry) << error->describe();
  EXPECT_LT(took, std::chrono::seconds(20));
}

TEST_F(NatsNotifierTest, AnotherServerOfTheListTakesOver) {
  NatsServer first;
  const NatsServer second;
  NatsSubscriber subscriber(second.url(), "paper-engine.>");
  auto options = options_for(first);
  options.servers.push_back(second.address());
  NatsNotifier notifier(options, stop_);
  notifier.publish(some_messages(1, 1));
  first.stop();
  publish_at_last(notifier, some_messages(2, 1));
  ASSERT_TRUE(subscriber.wait_for(1));
  EXPECT_EQ(positions(subscriber.messages()), numbers(2, 1));
}

TEST_F(NatsNotifierTest, SubjectThatTheUserMayNotUseIsPermissionDenied) {
  const NatsServer server(
      {.user = "loader", .password = "pw", .permissions = "publish: {deny: \"" + subject + "\"}"});
  auto options = options_for(server);
  options.user = "loader";
  options.password = "pw";
  NatsNotifier notifier(options, stop_);
  for (int i = 0; i < 3; ++i) {
    const auto error = error_of([&] { notifier.publish(some_messages(1, 5)); });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->exit_code(), ExitCode::PermissionDenied) << error->describe();
    EXPECT_THAT(error->describe(), HasSubstr("may not publish on " + subject));
  }
}

TEST_F(NatsNotifierTest, MessageLargerThanTheServerTakesIsAConfigurationError) {
  const NatsServer server({.more = "max_payload: 4096"});
  NatsNotifier notifier(options_for(server), stop_);
  const auto error = error_of([&] { notifier.publish(some_messages(1, 1, 5000)); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->exit_code(), ExitCode::Configuration) << error->describe();
  EXPECT_THAT(error->describe(), HasSubstr("max_payload"));
}

TEST_F(NatsNotifierTest, AServerThatIsNoNatsIsAnErrorInTime) {
  const NatsServer server({.more = "http: \"127.0.0.1:-1\""});
  const auto log = server.log();
  const auto at = log.find("http monitor on 127.0.0.1:");
  ASSERT_NE(at, std::string::npos) << log;
  nats::NatsOptions options;
  options.servers = {"127.0.0.1:" + std::to_string(std::stoi(log.substr(at + 26)))};
  const auto error = error_of([&] { NatsNotifier(options, stop_).publish(some_messages(1, 1)); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), ErrorKind::Retry) << error->describe();
}

TEST_F(NatsNotifierTest, FiveThousandMessagesInOrder) {
  const NatsServer server;
  NatsSubscriber subscriber(server.url(), "paper-engine.>");
  NatsNotifier notifier(options_for(server), stop_);
  notifier.publish(some_messages(1, 5000));
  ASSERT_TRUE(subscriber.wait_for(5000));
  EXPECT_EQ(positions(subscriber.messages()), numbers(1, 5000));
}

TEST_F(NatsNotifierTest, CheckSaysWhatItFoundAndPublishesNothing) {
  const NatsServer server;
  NatsSubscriber subscriber(server.url(), "paper-engine.>");
  NatsNotifier notifier(options_for(server), stop_);
  EXPECT_THAT(notifier.check(subject), HasSubstr("captured by no JetStream stream"));
  notifier.publish(some_messages(1, 1));
  ASSERT_TRUE(subscriber.wait_for(1));
  EXPECT_EQ(positions(subscriber.messages()), numbers(1, 1));
}

}  // namespace
}  // namespace peo::notifier
