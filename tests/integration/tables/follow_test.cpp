// The subscribers of examples/follow against a loader that runs, with kills on both sides: in the end the
// copy is the target.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "support/bucket.hpp"
#include "support/database.hpp"
#include "support/loader_run.hpp"
#include "support/nats_server.hpp"
#include "support/postgres_server.hpp"
#include "support/program.hpp"

namespace peo::test {
namespace {

const std::string tables =
    "CREATE TABLE orders (id int PRIMARY KEY, name text NOT NULL, n int, event_id bigint NOT NULL, "
    "delivery_id bigint NOT "
    "NULL); CREATE INDEX ON orders (event_id);"
    "CREATE TABLE \"Odd Name\" (a int, b int, text text, event_id bigint NOT NULL, delivery_id bigint NOT "
    "NULL, PRIMARY KEY "
    "(b, a))";

class Follow : public ::testing::Test {
 protected:
  void SetUp() override {
    Database(source_.conninfo()).execute(tables);
    Database(copy_.conninfo()).execute(tables);
    std::string orders;
    for (int i = 1; i <= rows; ++i) orders += fmt::format("{},name {},{}\n", i, i, i % 7);
    bucket_.load("orders", 1, orders);
    bucket_.load("Odd Name", 1, "1,2,first\n2,2,\n");
  }

  // Updates, new rows, removals, and keys that go and come back.
  void write_changes(int from, int to) {
    for (int i = from; i <= to; ++i) {
      bucket_.change("orders", fmt::format("20990101-{:09}", 10 * i),
                     fmt::format("U,{0},changed {0},{0}\nI,{1},new,0\nD,{2},,\nD,{3},,\nI,{3},back,{0}\n", i,
                                 rows + i, rows - i, i % 50 + 1));
      if (i % 5 == 0)
        bucket_.change("Odd Name", fmt::format("20990101-{:09}", 10 * i + 1),
                       fmt::format("U,1,2,\"text, {0}\"\nI,{0},3,x\nD,{1},3,\n", i, i - 5));
    }
  }

  LoaderSettings settings() const {
    return {{"SOURCE", bucket_.source()}, {"TARGET", source_.conninfo()}, {"NATS", nats_.url()},
            {"ENTITIES", "none"},         {"RUN_AS_SERVICE", "True"},     {"MIN_SLEEP", "50ms"},
            {"MAX_SLEEP", "100ms"}};
  }

  static std::vector<Row> content(const TestDatabase& database) {
    return Database(database.conninfo())
        .rows(
            "SELECT (SELECT md5(string_agg(o::text, '' ORDER BY id)) FROM orders o), (SELECT "
            "md5(string_agg(o::text, '' "
            "ORDER BY b, a)) FROM \"Odd Name\" o), (SELECT count(*) FROM orders)");
  }

  void expect_equal() const {
    EXPECT_EQ(content(source_), content(copy_));
    EXPECT_EQ(Database(copy_.conninfo()).value("SELECT last_event_id FROM follow_state"),
              Database(source_.conninfo()).value("SELECT last_event_id FROM loader_state"));
  }

  static void wait_for(const TestDatabase& database, const std::string& condition) {
    Database asked(database.conninfo());
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (asked.value(condition) != "t") {
      if (std::chrono::steady_clock::now() > until) throw std::runtime_error("never: " + condition);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  void kill_both_sides(const std::vector<std::string>& follower);
  void catch_up_and_again(const std::string& follower);

  std::vector<std::string> once(const std::string& follower) const {
    return {follower, source_.conninfo(), copy_.conninfo()};
  }

  static constexpr int rows = 30'000;
  TestDatabase source_, copy_;
  Bucket bucket_;
  NatsServer nats_;
};

// Kills the follower and the loader in turn while files arrive; whatever was left undone, the next one does.
void Follow::kill_both_sides(const std::vector<std::string>& follower) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::minstd_rand random(seed);
  const TempDir scratch;  // what a killed shell leaves
  ProcessOptions options;
  options.environment["TMPDIR"] = scratch.path().string();
  auto loader = std::make_unique<RunningLoader>(LoaderCommand{program(), {}}, settings());
  ASSERT_TRUE(loader->says("Delivery 1: processed")) << loader->log();
  auto subscriber = std::make_unique<Process>(follower, options);
  constexpr int rounds = 6;  // of 20 numbers
  for (int round = 0; round < rounds; ++round) {
    write_changes(20 * round + 1, 20 * round + 20);
    std::this_thread::sleep_for(std::chrono::milliseconds(30 + random() % 250));
    if (round % 2 == 0) {
      subscriber = std::make_unique<Process>(follower, options);  // the old one is killed
    } else {
      loader->kill();
      loader = std::make_unique<RunningLoader>(LoaderCommand{program(), {}}, settings());
    }
  }
  // Two full loads, 120 and 24 files of changes; then the follower that was started last ends the work alone.
  wait_for(source_, "SELECT count(*) = 146 FROM loader_deliveries");
  ASSERT_TRUE(loader->says("paper-engine-orders")) << loader->log();  // the last of them listens to signals
  EXPECT_EQ(loader->stop(SIGTERM), 0);
  const auto last = Database(source_.conninfo()).value("SELECT last_event_id FROM loader_state");
  wait_for(copy_, "SELECT to_regclass('follow_state') IS NOT NULL");
  wait_for(copy_, fmt::format("SELECT last_event_id = {} FROM follow_state", last));
  EXPECT_TRUE(subscriber->running()) << subscriber->err();
  expect_equal();
}

TEST_F(Follow, KilledAndStartedAgainOnBothSides) {
  kill_both_sides({PEO_FOLLOW, source_.conninfo(), copy_.conninfo(), nats_.url()});
}

TEST_F(Follow, ThePsqlOneKilledAndStartedAgainOnBothSides) {
  kill_both_sides({PEO_FOLLOW_SH, source_.conninfo(), copy_.conninfo(), "0.05"});
}

TEST_F(Follow, ThePythonOneKilledAndStartedAgainOnBothSides) {
  kill_both_sides({PEO_FOLLOW_PY, source_.conninfo(), copy_.conninfo(), "0.05"});
}

// An interval that is none would end the follower at its first wait, or let it wait forever. Before any
// connection.
TEST(FollowArguments, OnlyAnIntervalAboveZeroIsTaken) {
  for (const std::string follower : {PEO_FOLLOW_SH, PEO_FOLLOW_PY}) {
    for (const std::string seconds : {"-1", "0", "0.0", "inf", "NaN", "1e300", "x", ""}) {
      const auto ran = run({follower, "host=nowhere", "host=nowhere", seconds});
      EXPECT_EQ(ran.status, 64) << follower << " " << seconds << ran.err;
      EXPECT_THAT(ran.err, testing::HasSubstr("SECONDS"));
    }
    EXPECT_EQ(run({follower}).status, 64);
  }
}

TEST_F(Follow, WakesUpByMessages) {
  RunningLoader loader({program(), {}}, settings());
  ASSERT_TRUE(loader.says("Delivery 2: processed")) << loader.log();
  Process subscriber({PEO_FOLLOW, source_.conninfo(), copy_.conninfo(), nats_.url()});
  for (int i = 1; i <= 10; ++i) write_changes(i, i);
  // By the messages alone it is there long before its own patience ends.
  wait_for(copy_, "SELECT count(*) = 10 FROM orders WHERE name = 'new'");
}

void Follow::catch_up_and_again(const std::string& follower) {
  auto run_once = settings();
  run_once["RUN_AS_SERVICE"] = "False";
  for (int round = 0; round < 2; ++round) {
    ASSERT_EQ(run_loader({program(), {}}, run_once).status, 0);
    const auto followed = run(once(follower));
    EXPECT_EQ(followed.status, 0) << followed.err;
    expect_equal();
    write_changes(10 * round + 1, 10 * round + 10);
  }
  const auto nothing_new = run(once(follower));
  EXPECT_EQ(nothing_new.out, "");
}

TEST_F(Follow, WithNothingButPsql) { catch_up_and_again(PEO_FOLLOW_SH); }

TEST_F(Follow, WithPython) { catch_up_and_again(PEO_FOLLOW_PY); }

// What the sessions of one side would be set to, by a database, a role or, as here, the connection.
TEST_F(Follow, WhateverTheSessionsAreSetTo) {
  auto run_once = settings();
  run_once["RUN_AS_SERVICE"] = "False";
  Database source(source_.conninfo());
  Database copy(copy_.conninfo());
  for (auto* database : {&source, &copy})
    database->execute(
        "ALTER TABLE \"Odd Name\" RENAME TO \"Größe\";"
        "CREATE TABLE forms (id int PRIMARY KEY, d date, i interval, f float8, text text, event_id bigint, "
        "delivery_id bigint)");
  ASSERT_EQ(run_loader({program(), {}}, run_once).status, 0);
  source.execute(
      "INSERT INTO forms SELECT 1, '2020-03-04', '-1 day 02:00', 0.1::float8 + 0.2, '\u00e9', last_event_id "
      "+ 1, "
      "1 FROM loader_state;"
      "UPDATE loader_state SET visible_event_id = last_event_id + 1");
  const std::string content = "SELECT forms::text FROM forms";
  for (const std::string follower : {PEO_FOLLOW, PEO_FOLLOW_SH, PEO_FOLLOW_PY}) {
    SCOPED_TRACE(follower);
    copy.execute("DROP TABLE IF EXISTS follow_state; TRUNCATE forms, orders");
    const auto followed =
        run({follower,
             source_.conninfo() + " options='-c client_encoding=LATIN1 -c datestyle=SQL,DMY -c "
                                  "intervalstyle=sql_standard -c extra_float_digits=0'",
             copy_.conninfo()});
    EXPECT_EQ(followed.status, 0) << followed.err;
    EXPECT_EQ(copy.value(content), source.value(content));
  }
}

// A follower that is far behind, when a unique value went to a row that changed early, from one that changed
// last.
TEST_F(Follow, AUniqueValueThatChangesHandsBetweenSteps) {
  auto run_once = settings();
  run_once["RUN_AS_SERVICE"] = "False";
  const std::string accounts =
      "CREATE TABLE accounts (id int PRIMARY KEY, email text UNIQUE, event_id bigint, delivery_id bigint)";
  Database source(source_.conninfo());
  Database copy(copy_.conninfo());
  source.execute(accounts);
  copy.execute(accounts);
  ASSERT_EQ(run_loader({program(), {}}, run_once).status, 0);
  source.execute(
      "INSERT INTO accounts SELECT 1, 'a', last_event_id + 1, 1 FROM loader_state;"
      "UPDATE loader_state SET last_event_id = last_event_id + 1, visible_event_id = last_event_id + 1");
  ASSERT_EQ(run(once(PEO_FOLLOW)).status, 0);
  ASSERT_EQ(copy.value("SELECT email FROM accounts"), "a");
  source.execute(
      "UPDATE accounts SET email = 'c', event_id = event_id + 200000;"
      "INSERT INTO accounts SELECT 2, 'a', last_event_id + 1, 1 FROM loader_state;"
      "INSERT INTO orders SELECT 1000000 + i, 'x', i, last_event_id + 1 + i, 1 FROM loader_state, "
      "generate_series(1, 120000) i;"
      "UPDATE loader_state SET last_event_id = last_event_id + 200000, visible_event_id = last_event_id + "
      "200000");
  const auto before = copy.value("SELECT last_event_id FROM follow_state");
  for (const std::string follower : {PEO_FOLLOW, PEO_FOLLOW_SH, PEO_FOLLOW_PY}) {
    SCOPED_TRACE(follower);
    copy.execute(
        "DELETE FROM accounts; INSERT INTO accounts VALUES (1, 'a', 0, 1); DELETE FROM orders WHERE "
        "id > 1000000; UPDATE follow_state SET last_event_id = " +
        before);
    const auto followed = run(once(follower));
    EXPECT_EQ(followed.status, 0) << followed.err;
    expect_equal();
    EXPECT_EQ(copy.value("SELECT string_agg(id || email, ' ' ORDER BY id) FROM accounts"), "1c 2a");
  }
}

}  // namespace
}  // namespace peo::test
