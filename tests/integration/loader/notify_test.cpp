// From the outbox to the wire: the message's bytes, and that each delivery is told of exactly once, in order.
#include <regex>

#include "base/change_message.hpp"
#include "fixture.hpp"
#include "support/fake_nats.hpp"
#include "support/nats_server.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* subject = "paper-engine.meta.orders.change";
constexpr const char* position_header = "Paper-Engine-Outbox-Position";

class Notify : public LoaderTest {
 protected:
  void SetUp() override {
    execute(table_sql("orders", "id int PRIMARY KEY, v text"));
    bucket_.load("orders", 1, "1,a\n2,b\n3,c\n");
    bucket_.change("orders", "20220101-000000001", "U,1,A\nD,2,b\n");
    bucket_.change("orders", "20220101-000000002", "U,1,A\n");  // changes nothing
    bucket_.change("orders", "20220101-000000003", "I,4,d\n");
  }
};

TEST_F(Notify, TheMessagesBytes) {
  NatsServer nats;
  NatsSubscriber subscriber(nats.url(), "paper-engine.>");
  const auto log = load({{"NATS", nats.url()}});
  ASSERT_TRUE(subscriber.wait_for(3)) << log;
  const auto messages = subscriber.messages();
  ASSERT_EQ(messages.size(), 3U);
  const auto form = [](const std::string& counts, const std::string& event) {
    return R"(\{"v": 1, "ds": "paper-engine", "id": "orders", "host": ")" + host_name() +
           R"(", "utcts": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}", "stats": \{"orders": \{)" + counts +
           R"(\}\}, "max_event_id": )" + event + R"(\})";
  };
  const std::vector<std::string> forms{form(R"("AMEND": 0, "CREATE": 3, "REMOVE": 0)", "3"),
                                       form(R"("AMEND": 1, "CREATE": 0, "REMOVE": 1)", "5"),
                                       form(R"("AMEND": 0, "CREATE": 1, "REMOVE": 0)", "7")};
  const std::vector<std::string> deliveries{"1", "2", "4"};
  const auto target = value("SELECT target_id FROM loader_state");
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(messages[i].subject, subject);
    EXPECT_TRUE(std::regex_match(messages[i].payload, std::regex(forms[i]))) << messages[i].payload;
    EXPECT_EQ(messages[i].headers.at("Nats-Msg-Id"), target + "-" + deliveries[i]);
    EXPECT_EQ(messages[i].headers.at(position_header), std::to_string(i + 1));
  }
  EXPECT_THAT(
      query("SELECT position, delivery_id, subject, published_at IS NOT NULL FROM loader_outbox ORDER BY 1"),
      ElementsAre("1|1|paper-engine.meta.orders.change|t", "2|2|paper-engine.meta.orders.change|t",
                  "3|4|paper-engine.meta.orders.change|t"));
  EXPECT_EQ(value("SELECT string_agg(payload, '' ORDER BY position) FROM loader_outbox"),
            messages[0].payload + messages[1].payload + messages[2].payload);
  EXPECT_THAT(log, HasSubstr("Delivery 4: messages published."));
  // utcts is now, in UTC.
  const auto sent = messages[0].payload.substr(messages[0].payload.find("utcts") + 9, 26);
  EXPECT_EQ(value("SELECT '" + sent +
                  "'::timestamp BETWEEN (now() AT TIME ZONE 'UTC') - interval '5 min' AND (now() AT TIME "
                  "ZONE 'UTC')"),
            "t");
}

TEST_F(Notify, WithoutNatsTheMessagesGoToTheLog) {
  const auto log = load();
  EXPECT_THAT(log, HasSubstr(std::string(subject) + ": {\"v\": 1, \"ds\": \"paper-engine\""));
  EXPECT_THAT(query("SELECT position FROM loader_outbox WHERE published_at IS NOT NULL"), SizeIs(3));
}

TEST_F(Notify, NotificationsOff) {
  NatsServer nats;
  NatsSubscriber subscriber(nats.url(), "paper-engine.>");
  load({{"NATS", nats.url()}, {"NOTIFICATIONS", "False"}});
  EXPECT_THAT(query("SELECT * FROM loader_outbox"), IsEmpty());
  EXPECT_THAT(subscriber.messages(), IsEmpty());
  // Turned on again, only what comes now is told.
  bucket_.change("orders", "20220101-000000004", "I,5,e\n");
  load({{"NATS", nats.url()}});
  ASSERT_TRUE(subscriber.wait_for(1));
  EXPECT_EQ(subscriber.messages()[0].headers.at(position_header), "1");
  EXPECT_THAT(subscriber.messages(), SizeIs(1));
}

TEST_F(Notify, NatsIsDown) {
  NatsServer nats;
  nats.stop();
  const auto ran = run({{"NATS", nats.url()}, {"RETRY_SECONDS", "2"}});
  EXPECT_EQ(ran.status, 75) << ran.err;
  EXPECT_THAT(texts_of(ran.err, "ERROR"),
              ElementsAre(AllOf(HasSubstr("Unsent messages: 3; they stay in the outbox"),
                                HasSubstr(nats.address()))));
  EXPECT_EQ(value("SELECT count(*) FROM loader_deliveries"), "4");
  EXPECT_EQ(value("SELECT count(*) FROM loader_outbox WHERE published_at IS NULL"), "3");
  nats.start();
  NatsSubscriber subscriber(nats.url(), "paper-engine.>");
  bucket_.change("orders", "20220101-000000004", "I,5,e\n");
  load({{"NATS", nats.url()}});
  ASSERT_TRUE(subscriber.wait_for(4));
  std::vector<std::string> positions;
  for (const auto& message : subscriber.messages()) positions.push_back(message.headers.at(position_header));
  EXPECT_THAT(positions, ElementsAre("1", "2", "3", "4"));
}

// NATS goes away and comes back under a service: everything arrives, in order.
TEST_F(Notify, NatsComesBackUnderAService) {
  NatsServer nats;
  nats.stop();
  RunningLoader service(loader_command, settings({{"NATS", nats.url()},
                                                  {"RUN_AS_SERVICE", "True"},
                                                  {"MIN_SLEEP", "100ms"},
                                                  {"MAX_SLEEP", "100ms"}}));
  ASSERT_TRUE(eventually([&] { return deliveries_in(service.log()).size() == 4; })) << service.log();
  nats.start();
  NatsSubscriber subscriber(nats.url(), "paper-engine.>");
  EXPECT_TRUE(eventually([&] {
    return value("SELECT count(*) FROM loader_outbox WHERE published_at IS NULL") == "0";
  })) << service.log();
  bucket_.change("orders", "20220101-000000004", "I,5,e\n");
  EXPECT_TRUE(eventually([&] {
    const auto messages = subscriber.messages();
    return !messages.empty() && messages.back().headers.at(position_header) == "4";
  })) << service.log();
  EXPECT_EQ(service.stop(SIGTERM), 0);
  EXPECT_THAT(texts_of(service.log(), "WARNING"), SizeIs(1)) << service.log();
}

// A broker that sends what ends libnats: loading goes on, and the messages wait.
TEST_F(Notify, AHostileBrokerDoesNotEndTheLoad) {
  const FakeNats broker([](FakeNatsConnection& client) {
    client.write("INFO {\"headers\":true}\r\n");
    bool logged_in = false;
    while (const auto command = client.next()) {
      if (command->name == "PING" && !logged_in) client.write("PONG\r\n");
      logged_in = logged_in || command->name == "PING";
      if (command->name == "PUB") client.write("MSG a 1 2147483647\r\n0123456789");
    }
  });
  const auto ran = run({{"NATS", "nats://" + broker.address()}, {"RETRY_SECONDS", "1"}});
  EXPECT_EQ(ran.status, 75) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("doesn't follow the NATS protocol"));
  EXPECT_EQ(deliveries_in(ran.err).size(), 4U);
  EXPECT_EQ(value("SELECT count(*) FROM loader_outbox WHERE published_at IS NULL"),
            value("SELECT count(*) FROM loader_outbox"));
}

// A stream that has become full: what it has acknowledged is not sent again when it has room, however late
// that is.
TEST_F(Notify, WhatAFullStreamHasAcknowledgedIsMarked) {
  NatsServer nats({.jetstream = true});
  JetStream stream(nats.url());
  stream.add_stream("changes", "paper-engine.>", 2, true);
  const auto ran = run({{"NATS", nats.url()}, {"RETRY_SECONDS", "0"}});
  EXPECT_EQ(ran.status, 75) << ran.err;
  EXPECT_EQ(value("SELECT string_agg(position || '', ',' ORDER BY position) FROM loader_outbox WHERE "
                  "published_at IS NULL"),
            "3");
}

// A crash after sending and before marking: sent again, and dropped by the stream.
TEST_F(Notify, ExactlyOnceInAStream) {
  NatsServer nats({.jetstream = true});
  JetStream stream(nats.url());
  stream.add_stream("changes", "paper-engine.>");
  load({{"NATS", nats.url()}});
  execute("UPDATE loader_outbox SET published_at = NULL");
  bucket_.change("orders", "20220101-000000004", "I,5,e\n");
  load({{"NATS", nats.url()}});
  load({{"NATS", nats.url()}});
  std::vector<std::string> positions;
  for (const auto& message : stream.messages("changes"))
    positions.push_back(message.headers.at(position_header));
  EXPECT_THAT(positions, ElementsAre("1", "2", "3", "4"));
  EXPECT_EQ(value("SELECT count(*) FROM loader_outbox WHERE published_at IS NULL"), "0");
}

TEST_F(Notify, AWrongPassword) {
  NatsServer nats({.user = "loader", .password = "right"});
  const auto ran = run({{"NATS", "nats://loader:wr0ng-pass@" + nats.address()}, {"RETRY_SECONDS", "5"}});
  EXPECT_EQ(ran.status, 77) << ran.err;
  EXPECT_THAT(ran.err, ::testing::Not(HasSubstr("wr0ng-pass")));
  EXPECT_THAT(texts_of(ran.err, "ERROR"), SizeIs(1));
  EXPECT_EQ(value("SELECT count(*) FROM loader_outbox WHERE published_at IS NULL"), "3");
}

}  // namespace
}  // namespace peo::test
