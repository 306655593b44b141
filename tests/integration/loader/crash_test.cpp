// The loader is killed at many moments and started again: the same tables as without, every delivery told of,
// a ledger without gap or double.
#include <fmt/format.h>

#include <random>

#include "fixture.hpp"
#include "support/nats_server.hpp"

namespace peo::test {
namespace {

constexpr int generated_rows = 150'000;

class Crash : public LoaderTest {
 protected:
  static constexpr int changes = 60;

  void SetUp() override {
    execute(tables());
    std::string orders;
    std::string executions;
    for (int i = 1; i <= generated_rows; ++i) {
      orders += fmt::format("{},name {},{}\n", i, i, i % 7);
      executions += fmt::format("{},{},execution report {}\n", i, i % 1000, i);
    }
    bucket_.load("orders", 1, orders);
    bucket_.load("executions", 1, executions);
    // A big one that is compared with the table, and many small ones.
    std::string big;
    for (int i = 1; i <= generated_rows / 2; ++i)
      big += fmt::format("{},{},changed,{}\n", i % 3 == 0 ? 'D' : 'U', 2 * i, i % 5);
    bucket_.change("orders", "20990101-000000000", big);
    for (int i = 1; i <= changes; ++i) {
      bucket_.change("orders", fmt::format("20990101-{:09}", 1000 * i),
                     fmt::format("U,{0},small,{0}\nI,{1},new,0\nD,{2},,\nD,{2},,\n", i, generated_rows + i,
                                 generated_rows - 1 - 2 * i));
    }
  }

  static std::string tables() {
    return table_sql("orders", "id int PRIMARY KEY, name text NOT NULL, n int") + ";" +
           table_sql("executions", "id int PRIMARY KEY, order_id int, text text");
  }
  static std::vector<std::string> content(const std::string& conninfo) {
    Database sql(conninfo);
    return lines_of(
        sql.rows("SELECT md5(string_agg(o::text, '' ORDER BY id)), (SELECT md5(string_agg(e::text, '' ORDER "
                 "BY id)) FROM executions e),"
                 " (SELECT md5(string_agg(l::text, '' ORDER BY event_id)) FROM loader_removals l),"
                 " (SELECT md5(string_agg(concat_ws(' ', delivery_id, object_key, sha256, rows_read, "
                 "created, amended, removed,"
                 "  max_event_id, status), '' ORDER BY delivery_id)) FROM loader_deliveries),"
                 " (SELECT concat_ws(' ', last_event_id, last_delivery_id, last_outbox_position) FROM "
                 "loader_state) FROM orders o"));
  }
  std::vector<std::string> undisturbed() const {
    const TestDatabase other;
    Database(other.conninfo()).execute(tables());
    load({{"TARGET", other.conninfo()}, {"NOTIFICATIONS", "True"}});
    return content(other.conninfo());
  }
  void expect_complete(const NatsSubscriber& subscriber) const {
    EXPECT_EQ(content(database_.conninfo()), undisturbed());
    EXPECT_EQ(value("SELECT count(*) FROM loader_deliveries"), std::to_string(3 + changes));
    EXPECT_EQ(value("SELECT count(*) FROM loader_outbox WHERE published_at IS NULL"), "0");
    EXPECT_EQ(value("SELECT count(*) || ' ' || min(position) || ' ' || max(position) FROM loader_outbox"),
              fmt::format("{0} 1 {0}", 3 + changes));
    // Each was seen; the first sight of each in order.
    std::uint64_t last = 0;
    for (const auto& message : subscriber.messages()) {
      const auto position = std::stoull(message.headers.at("Paper-Engine-Outbox-Position"));
      EXPECT_LE(position, last + 1) << "a message is missing before it";
      last = std::max<std::uint64_t>(last, position);
    }
    EXPECT_EQ(last, 3U + changes);
    // The indexes are there and the tables whole.
    EXPECT_EQ(value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0");
    EXPECT_EQ(value("SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND conrelid IN "
                    "('orders'::regclass, 'executions'::regclass)"),
              "2");
  }
};

TEST_F(Crash, AfterEachKindOfLogLine) {
  NatsServer nats;
  NatsSubscriber subscriber(nats.url(), "paper-engine.>");
  const LoaderSettings with_nats{{"NATS", nats.url()}};
  int killed = 0;
  for (const std::string moment :
       {"Applied ", "process_dbo", "create: ", "persisted to postgres", "prometheus counters",
        "Delivery 2: process_dbo", "Delivery 3: process_dbo", "Delivery 3: persisted",
        "Delivery 10: ", "Delivery 30: process_dbo", "Delivery 40: messages published", "Delivery 62: "}) {
    RunningLoader loader(loader_command, settings(with_nats));
    loader.says(moment, std::chrono::seconds(60));
    if (loader.process().running()) {
      EXPECT_EQ(loader.kill(), 128 + SIGKILL);
      ++killed;
    }
  }
  EXPECT_GE(killed, 2);  // the others may have ended before
  run_after_crash(settings(with_nats));
  expect_complete(subscriber);
}

// At random moments: inside a COPY, a commit, a publish.
TEST_F(Crash, AtAnyTime) {
  NatsServer nats;
  NatsSubscriber subscriber(nats.url(), "paper-engine.>");
  const LoaderSettings with_nats{{"NATS", nats.url()}};
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::minstd_rand random(seed);
  int killed = 0;
  for (int i = 0; i < 25; ++i) {
    RunningLoader loader(loader_command, settings(with_nats));
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % (i < 15 ? 400 : 2000)));
    if (loader.process().running()) {
      loader.kill();
      ++killed;
    }
  }
  EXPECT_GE(killed, 1);
  run_after_crash(settings(with_nats));
  expect_complete(subscriber);
}

// The server's session lives on for a moment after the loader's death: the next loader must not suffer from
// it.
TEST_F(Crash, InTheMiddleOfACopyAndAtOnceAgain) {
  RunningLoader loader(loader_command, settings());
  ASSERT_TRUE(eventually([&] {
    return value(
               "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = "
               "'active' AND query LIKE "
               "'%COPY %FROM STDIN%' AND pid <> pg_backend_pid()") != "0";
  })) << loader.log();
  loader.kill();
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "0");
  run_after_crash(settings());
  EXPECT_EQ(content(database_.conninfo()), undisturbed());
}

// PostgreSQL itself crashes in the middle of a run.
TEST_F(Crash, OfPostgres) {
  PostgresServer server;
  TestDatabase database(server);
  Database(database.conninfo()).execute(tables());
  RunningLoader loader(loader_command, settings({{"TARGET", database.conninfo()}, {"RETRY_SECONDS", "60"}}));
  ASSERT_TRUE(loader.says("Delivery 2: process_dbo")) << loader.log();
  server.stop(StopMode::Immediate);
  server.start();
  ASSERT_TRUE(loader.says("Delivery 20: process_dbo", std::chrono::minutes(2))) << loader.log();
  server.stop(StopMode::Immediate);
  server.start();
  EXPECT_EQ(loader.process().wait(std::chrono::minutes(2)), 0) << loader.log();
  EXPECT_EQ(content(database.conninfo()), undisturbed());
  EXPECT_THAT(texts_of(loader.log(), "ERROR"), ::testing::IsEmpty()) << loader.log();
}

}  // namespace
}  // namespace peo::test
