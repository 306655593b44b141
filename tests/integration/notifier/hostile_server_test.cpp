// A broker that is broken or hostile is an error in time, never the end of the process; and a server that
// doesn't tell which stream keeps a subject isn't taken for one without streams.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "integration/notifier/messages.hpp"
#include "notifier/nats/nats_notifier.hpp"
#include "support/fake_nats.hpp"

namespace peo::notifier {
namespace {

using std::chrono::steady_clock;
using test::FakeNats;
using test::FakeNatsConnection;
using testing::HasSubstr;
using testing::Not;

constexpr const char* usual_info = R"(INFO {"headers":true,"max_payload":1048576})"
                                   "\r\n";

class HostileServerTest : public testing::Test {
 protected:
  std::optional<Error> publish_to(const FakeNats& server) {
    nats::NatsOptions options;
    options.servers = {server.address()};
    NatsNotifier notifier(options, stop_);
    const auto began = steady_clock::now();
    auto error = error_of([&] { notifier.publish(some_messages(1, 2)); });
    EXPECT_LT(steady_clock::now() - began, std::chrono::seconds(30));
    return error;
  }
  void expect_retry(const FakeNats& server, const std::string& what) {
    const auto error = publish_to(server);
    ASSERT_TRUE(error) << what;
    EXPECT_EQ(error->kind(), ErrorKind::Retry) << what << ": " << error->describe();
    EXPECT_THAT(error->describe(), Not(HasSubstr("\x1b"))) << what;
  }
  Cancellation stop_;
};

TEST_F(HostileServerTest, WhatIsNoGreetingIsAnError) {
  for (const auto& greeting :
       {std::string("INFO\r\n"), std::string("INFO []\r\n"), std::string("INFO {\r\n"),
        std::string("PING\r\n"), "INFO " + std::string(60'000, '[') + "\r\n",
        "INFO {\"a\":\"" + std::string(1'000'000, 'x') + "\"}\r\n", std::string(1'000'000, 'x'),
        std::string("\x1b]0;title\x07\r\n"), std::string("MSG a 1 2147483647\r\n0123456789"),
        std::string("\0\0\0\r\n", 5), std::string("-ERR '\x1b[31mred'\r\n")})
    expect_retry(FakeNats([&](FakeNatsConnection& client) { client.write(greeting); }),
                 greeting.substr(0, 40));
}

TEST_F(HostileServerTest, WhatComesAfterTheLoginIsNotBelieved) {
  for (const auto& bytes :
       {std::string("MSG a 1 2147483647\r\n0123456789"),
        std::string("MSG a 1 2147483640\r\n" + std::string(40'000, 'x')), std::string("MSG a 1 -1\r\nx\r\n"),
        std::string("MSG a 1 4294967297\r\nx\r\n"), std::string("MSG\r\n"),
        std::string("HMSG a 1 2147483647 2147483647\r\n0123456789"),
        std::string("HMSG a 1 100 10\r\n0123456789\r\n"), std::string("HMSG a 1 -5 10\r\n0123456789\r\n"),
        std::string("HMSG a 1 10 10\r\n0123456789\r\n"),
        std::string("INFO " + std::string(60'000, '{') + "\r\n"), std::string(200'000, 'A'),
        std::string("INFO {\"max_payload\":-1}\r\nINFO []\r\n")}) {
    const FakeNats server([&](FakeNatsConnection& client) {
      client.write(usual_info);
      bool logged_in = false;
      while (const auto command = client.next()) {
        if (command->name == "PING" && !logged_in) client.write("PONG\r\n");
        logged_in = logged_in || command->name == "PING";
        if (command->name == "PUB") client.write(bytes);
      }
    });
    expect_retry(server, bytes.substr(0, 40));
  }
}

TEST_F(HostileServerTest, AServerThatSendsAByteNowAndThenKeepsNobody) {
  std::atomic<bool> ended = false;
  const FakeNats server([&](FakeNatsConnection& client) {
    while (!ended && client.write("x")) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  });
  expect_retry(server, "trickle");
  ended = true;
}

TEST_F(HostileServerTest, EndlessOperationsKeepNobody) {
  std::atomic<bool> ended = false;
  const FakeNats server([&](FakeNatsConnection& client) {
    client.write(usual_info);
    while (!ended && client.write("+OK\r\nMSG a 1 0\r\n\r\n")) {
    }
  });
  expect_retry(server, "flood");
  ended = true;
}

// The server asks whether the client is alive while nothing is published.
TEST(NatsKeepAlive, AnswersAPing) {
  std::atomic<bool> answered = false;
  std::atomic<int> connections = 0;
  const FakeNats server([&](FakeNatsConnection& client) {
    ++connections;
    client.write(usual_info);
    while (const auto command = client.next()) {
      answered = answered || command->name == "PONG";
      if (command->subject == "$JS.API.STREAM.NAMES")
        client.write("HMSG " + command->reply + " 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n");
      if (command->name == "PING") client.write("PONG\r\n");
      if (command->subject == subject) client.write("PING\r\n");
    }
  });
  const Cancellation stop;
  nats::NatsOptions options;
  options.servers = {server.address()};
  NatsNotifier notifier(options, stop);
  notifier.keep_alive();
  EXPECT_EQ(connections, 0);
  notifier.publish(some_messages(1, 1));
  const auto until = steady_clock::now() + std::chrono::minutes(1);
  while (!answered && steady_clock::now() < until) {
    notifier.keep_alive();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_TRUE(answered);
  EXPECT_EQ(connections, 1);
}

// What a server says about JetStream, and how it answers who asks for the stream.
struct Word {
  const char* info;
  std::function<std::string(const std::string& reply)> answer;
};

std::string no_responders(const std::string& reply) {
  return "HMSG " + reply + " 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n";
}
std::string silence(const std::string& /*reply*/) { return ""; }
std::function<std::string(const std::string&)> says(const std::string& json) {
  return [json](const std::string& reply) {
    return "MSG " + reply + " 1 " + std::to_string(json.size()) + "\r\n" + json + "\r\n";
  };
}

class JetStreamWordTest : public HostileServerTest {
 protected:
  // How many of the messages a server of that word receives.
  int received(const Word& word) {
    std::atomic<int> count = 0;
    const FakeNats server([&](FakeNatsConnection& client) {
      client.write("INFO " + std::string(word.info) + "\r\n");
      while (const auto command = client.next()) {
        if (command->subject == subject) ++count;
        if (command->subject == "$JS.API.STREAM.NAMES") client.write(word.answer(command->reply));
        if (command->subject.starts_with("_INBOX.")) client.write(no_responders(command->reply));
        if (command->name == "PING") client.write("PONG\r\n");
      }
    });
    const auto error = publish_to(server);
    EXPECT_EQ(error.has_value(), count == 0);
    EXPECT_TRUE(!error || error->kind() == ErrorKind::Retry) << error->describe();
    return count;
  }
};

TEST_F(JetStreamWordTest, TheServersOwnWordIsBelieved) {
  EXPECT_EQ(received({R"({"headers":true})", no_responders}), 2);
  EXPECT_EQ(received({R"({"headers":true,"cluster":"c"})", no_responders}), 2);
  EXPECT_EQ(received({R"({"headers":true,"jetstream":true})", says(R"({"total":0,"streams":null})")}), 2);
  for (const char* code : {"10039", "10076"}) {
    EXPECT_EQ(received({R"({"headers":true,"jetstream":true})",
                        says(std::string(R"({"error":{"code":503,"err_code":)") + code + "}}")}),
              2);
  }
}

TEST_F(JetStreamWordTest, SilenceAndTroubleAreNot) {
  for (const auto& answer :
       {std::function<std::string(const std::string&)>(silence),
        std::function<std::string(const std::string&)>(no_responders),
        says(R"({"error":{"code":503,"err_code":10008}})"), says(R"({"error":true})"), says("{}"), says(""),
        says("[1]"), says("not json"), says(R"({"streams":{"a":1}})"), says(R"({"streams":[5]})")})
    EXPECT_EQ(received({R"({"headers":true,"jetstream":true})", answer}), 0) << answer("");
  // Another server of its cluster may have JetStream, and no leader at the moment.
  EXPECT_EQ(received({R"({"headers":true,"cluster":"c"})", silence}), 0);
  EXPECT_EQ(received({R"({"headers":true})", silence}), 0);
}

TEST_F(JetStreamWordTest, AnswersThatAreNoAcknowledgementAreErrors) {
  for (const char* answer :
       {"", "{}", "[]", "+OK", "null", R"({"stream":"S"})", R"({"stream":5,"seq":1})",
        R"({"error":{"err_code":10077}})", R"({"error":"x"})", R"({"stream":"S","seq":1,"error":{}})"}) {
    const FakeNats server([&](FakeNatsConnection& client) {
      client.write("INFO {\"headers\":true,\"jetstream\":true}\r\n");
      while (const auto command = client.next()) {
        if (command->subject == subject) client.write(says(answer)(command->reply));
        if (command->subject == "$JS.API.STREAM.NAMES")
          client.write(says(R"({"streams":["\u001b[31mS"]})")(command->reply));
        if (command->name == "PING") client.write("PONG\r\n");
      }
    });
    expect_retry(server, answer);
  }
}

}  // namespace
}  // namespace peo::notifier
