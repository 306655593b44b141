// Woken by events: a service that polls every 10 minutes loads a new file at once, through whatever the queue
// or the subject gives it, and polls as without events while it gives nothing.
#include <fmt/format.h>

#include "fixture.hpp"
#include "support/bucket_s3.hpp"
#include "support/http_get.hpp"
#include "support/nats_server.hpp"
#include "support/sqs_server.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Events : public LoaderTest {
 protected:
  void SetUp() override { execute(table_sql("t", "id int PRIMARY KEY, v text")); }

  LoaderSettings as_service(const std::string& events, const LoaderSettings& more = {}) const {
    auto all = settings({{"RUN_AS_SERVICE", "True"},
                         {"SOURCE_EVENTS", events},
                         {"METRICS_ADDRESS", fmt::format("127.0.0.1:{}", port_)}});
    for (const auto& [name, value] : more) all[name] = value;
    return all;
  }
  // Everything has been listed since events are received.
  static bool is_idle(RunningLoader& service) { return service.says("woken by events from"); }
  std::string metric(const std::string& name) const {
    const auto page = http_get(fmt::format("http://127.0.0.1:{}/metrics", port_)).body;
    const auto at = page.find("\npaper_engine_orders_" + name + " ");
    if (at == std::string::npos) return "";
    const auto begin = page.find(' ', at + 1) + 1;
    return page.substr(begin, page.find('\n', begin) - begin);
  }
  void publish(const NatsServer& server, const std::string& text) const {
    const auto connection = nats_connect(server.url());
    natsConnection_Publish(connection.get(), "bucket.events", text.data(), static_cast<int>(text.size()));
    natsConnection_Flush(connection.get());
  }

  int port_ = free_port();
};

using NatsEvents = Events;

TEST_F(NatsEvents, AMessageWakesTheLoader) {
  const NatsServer server({.user = "loader", .password = "QzXyA7"});
  bucket_.load("t", 1, "1,a\n");
  RunningLoader service(loader_command, as_service(server.url() + "/bucket.events"));
  ASSERT_TRUE(is_idle(service)) << service.log();
  ASSERT_TRUE(service.says("Receiving events from NATS subject bucket.events")) << service.log();
  ASSERT_TRUE(eventually([&] { return metric("events_available") == "1"; }));
  // Doubled, malformed, of another bucket's prefix, in a flood: it still comes.
  for (int i = 0; i < 200; ++i) publish(server, i % 2 == 0 ? "{" : "dbo/nothing/x.csv");
  const auto key = bucket_.change("t", "20990101-000000001", "U,1,b\n");
  publish(server, key);
  publish(server, key);
  ASSERT_TRUE(service.says("Delivery 2: processed")) << service.log();
  bucket_.change("t", "20990101-000000002", "U,1,c\n");
  publish(server, R"({"EventName":"s3:ObjectCreated:Put","Key":"bucket/dbo/t/20990101-000000002.csv.gz"})");
  ASSERT_TRUE(service.says("Delivery 3: processed")) << service.log();
  EXPECT_EQ(value("SELECT v FROM t"), "c");
  EXPECT_NE(metric("files_discovered_total{by=\"event\"}"), "0");
  EXPECT_EQ(metric("events_total{result=\"malformed\"}"), "100");
  EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
  EXPECT_THAT(service.log(), AllOf(Not(HasSubstr("QzXyA7")), HasSubstr("polling every 600 to 600 s")));
}

// What is written while the server is away is loaded when it is back: everything counts as news then.
TEST_F(NatsEvents, AServerThatWasAwayHidesNothing) {
  NatsServer server;
  bucket_.load("t", 1, "1,a\n");
  RunningLoader service(loader_command, as_service(server.url() + "/bucket.events"));
  ASSERT_TRUE(is_idle(service)) << service.log();
  ASSERT_TRUE(service.says("Receiving events from NATS subject bucket.events")) << service.log();
  server.kill();
  ASSERT_TRUE(service.says("polling every 15 to 30 s meanwhile")) << service.log();
  bucket_.change("t", "20990101-000000001", "U,1,b\n");
  server.start();
  ASSERT_TRUE(service.says("Delivery 2: processed")) << service.log();
  EXPECT_THAT(texts_of(service.log(), "ERROR"), IsEmpty());
  EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
}

// No events, the wrong user, no server: the bucket is polled as without events.
TEST_F(NatsEvents, WithoutEventsItPolls) {
  const NatsServer server({.user = "loader", .password = "right"});
  bucket_.load("t", 1, "1,a\n");
  RunningLoader service(loader_command,
                        as_service("nats://loader:wrong@" + server.address() + "/bucket.events",
                                   {{"MIN_SLEEP", "100ms"}, {"MAX_SLEEP", "100ms"}}));
  ASSERT_TRUE(service.says("Can't receive events")) << service.log();
  ASSERT_TRUE(service.says("Delivery 1: processed")) << service.log();
  bucket_.change("t", "20990101-000000001", "U,1,b\n");
  ASSERT_TRUE(service.says("Delivery 2: processed")) << service.log();
  EXPECT_EQ(metric("events_available"), "0");
  EXPECT_EQ(metric("files_discovered_total{by=\"poll\"}"), "2");
  EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
  EXPECT_THAT(service.log(), Not(HasSubstr("wrong@")));
}

TEST_F(NatsEvents, AStandbyReceivesNone) {
  const NatsServer server;
  bucket_.load("t", 1, "1,a\n");
  RunningLoader service(loader_command, as_service(server.url() + "/bucket.events"));
  ASSERT_TRUE(is_idle(service)) << service.log();
  RunningLoader second(loader_command,
                       as_service(server.url() + "/bucket.events", {{"METRICS_ADDRESS", ""}}));
  ASSERT_TRUE(second.says("Standing by")) << second.log();
  EXPECT_THAT(second.log(), Not(HasSubstr("Receiving events")));
  service.kill();
  ASSERT_TRUE(second.says("Receiving events")) << second.log();
  const auto key = bucket_.change("t", "20990101-000000001", "U,1,b\n");
  publish(server, key);
  ASSERT_TRUE(second.says("Delivery 2: processed")) << second.log();
  EXPECT_EQ(second.stop(SIGTERM), 0) << second.log();
}

TEST_F(NatsEvents, CheckTriesToSubscribe) {
  const NatsServer server(
      {.user = "loader", .password = "right", .permissions = "subscribe: {deny: \"secret.>\"}"});
  bucket_.load("t", 1, "1,a\n");
  const auto check = [&](const std::string& url) {
    return run_loader({program(), {"check"}}, settings({{"SOURCE_EVENTS", url}}));
  };
  EXPECT_THAT(check(server.url() + "/bucket.events").out,
              HasSubstr("This user may subscribe to bucket.events"));
  const auto denied = check(server.url() + "/secret.events");
  EXPECT_EQ(denied.status, 77) << denied.out;
  EXPECT_THAT(denied.out, AllOf(HasSubstr("may not subscribe to secret.events"), HasSubstr("SOURCE_EVENTS"),
                                Not(HasSubstr("right@"))));
}

class SqsEvents : public Events {
 protected:
  void SetUp() override {
    if (const auto missing = SqsServer::missing(); !missing.empty()) GTEST_SKIP() << missing;
    Events::SetUp();
    s3_.put("data/dbo/t/LOAD00000001.csv", "1,a\n");
  }
  LoaderSettings through_s3(const SqsServer& server, const LoaderSettings& more = {}) const {
    auto all = as_service(server.queue(), more);
    all["SOURCE"] = s3_.source();
    return all;
  }
  static std::string notification(const std::string& key) {
    return R"({"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"trades"},"object":{"key":")" +
           key + "\"}}}]}";
  }
  BucketS3 s3_;
};

TEST_F(SqsEvents, AMessageWakesTheLoaderAndIsRemovedThen) {
  SqsServer server;
  // S3 says so when the notifications are set up; and nobody may fill the queue with what isn't understood.
  server.send(R"({"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"trades"})");
  server.send("no event");
  RunningLoader service(loader_command, through_s3(server));
  ASSERT_TRUE(is_idle(service)) << service.log();
  ASSERT_TRUE(service.says("Receiving events from SQS queue http://sqs.us-east-1.localhost:"))
      << service.log();
  s3_.put("data/dbo/t/20990101-000000001.csv", "U,1,b\n");
  server.send(notification("data/dbo/t/20990101-000000001.csv"));
  server.send(notification("data/dbo/t/20990101-000000001.csv"));
  server.send(notification("other/dbo/t/20990101-000000001.csv"));
  ASSERT_TRUE(service.says("Delivery 2: processed")) << service.log();
  s3_.put("data/dbo/t/20990101-000000002.csv", "U,1,c\n");
  server.send(notification("data%2Fdbo%2Ft%2F20990101-000000002.csv"));
  ASSERT_TRUE(service.says("Delivery 3: processed")) << service.log();
  EXPECT_NE(metric("files_discovered_total{by=\"event\"}"), "0");
  EXPECT_TRUE(eventually([&] { return server.messages() == 0; })) << server.messages();
  // The queue goes, with its messages, and comes back.
  server.kill();
  ASSERT_TRUE(service.says("Can't receive events from SQS queue")) << service.log();
  s3_.put("data/dbo/t/20990101-000000003.csv", "U,1,d\n");
  server.start();
  ASSERT_TRUE(service.says("Delivery 4: processed")) << service.log();
  EXPECT_THAT(texts_of(service.log(), "ERROR"), IsEmpty());
  EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
}

// What was listed but not loaded isn't lost with its message.
TEST_F(SqsEvents, AKilledLoaderLosesNothing) {
  SqsServer server;
  auto service = std::make_unique<RunningLoader>(loader_command, through_s3(server));
  ASSERT_TRUE(is_idle(*service)) << service->log();
  s3_.put("data/dbo/t/20990101-000000001.csv", "U,1,b\n");
  server.send(notification("data/dbo/t/20990101-000000001.csv"));
  service->kill();
  service = std::make_unique<RunningLoader>(loader_command, through_s3(server));
  ASSERT_TRUE(eventually([&] { return value("SELECT v FROM t") == "b"; })) << service->log();
  EXPECT_EQ(value("SELECT count(*) FROM loader_deliveries"), "2");
  EXPECT_EQ(service->stop(SIGTERM), 0) << service->log();
}

TEST_F(SqsEvents, CheckTriesToReceiveAndToRemove) {
  SqsServer server;
  server.send(notification("data/dbo/t/20990101-000000001.csv"));
  const auto check = [&](const std::string& queue) {
    return run_loader({program(), {"check"}}, settings({{"SOURCE", s3_.source()}, {"SOURCE_EVENTS", queue}}));
  };
  EXPECT_THAT(check(server.queue()).out, HasSubstr("can be received and deleted"));
  EXPECT_EQ(server.messages(), 1);
  const auto missing = check(server.queue() + "-other");
  EXPECT_EQ(missing.status, 78) << missing.out;
  EXPECT_THAT(missing.out, HasSubstr("SOURCE_EVENTS"));
  const FakeS3 denies({FakeAnswer{.status = 403,
                                  .headers = {},
                                  .body = R"({"__type":"com.amazon.coral.service#AccessDeniedException",)"
                                          R"("message":"User is not authorized"})",
                                  .cut_after = {},
                                  .stall_after = {}}});
  const auto denied = check(denies.endpoint() + "/123456789012/events");
  EXPECT_EQ(denied.status, 77) << denied.out;
  EXPECT_THAT(denied.out, HasSubstr("sqs:ReceiveMessage and sqs:DeleteMessage"));
  const auto request = denies.requests().front();
  EXPECT_THAT(request.headers.at("authorization"), HasSubstr("/us-east-1/sqs/aws4_request"));
}

// The full listing of a service goes in slices, and is noted when all of them are done.
TEST_F(Events, AServiceListsEverythingInSlices) {
  bucket_.change("t", "20220921-000000000", "I,1,a\n");
  bucket_.change("t", "20220922-120000000", "I,2,b\n");
  load();
  bucket_.change("t", "20220921-000000001", "I,3,late\n");
  load();
  EXPECT_EQ(value("SELECT count(*) FROM t"), "2");  // outside of the look-back window
  execute("UPDATE loader_state SET last_full_listing_at = now() - interval '2 days'");
  RunningLoader service(loader_command, settings({{"RUN_AS_SERVICE", "True"}}));
  ASSERT_TRUE(service.says("Delivery 3: processed")) << service.log();
  EXPECT_TRUE(eventually([&] {
    return value("SELECT last_full_listing_at > now() - interval '1 day' FROM loader_state") == "t";
  }));
  EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
}

}  // namespace
}  // namespace peo::test
