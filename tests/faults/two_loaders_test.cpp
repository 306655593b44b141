// Two loaders on one target: one loads, the other waits. The active one stops, by death or by a pause, and
// wakes up again: nothing doubles, and each knows what it is.
#include "fault_world.hpp"
#include "support/http_get.hpp"

namespace peo::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class TwoLoaders : public FaultWorld {
 protected:
  void SetUp() override { new_target(); }
  void TearDown() override {
    if (loader_) loader_.reset();
  }

  LoaderSettings service(const LoaderSettings& more = {}) const {
    auto all = settings({{"RUN_AS_SERVICE", "True"},
                         {"MIN_SLEEP", "100ms"},
                         {"MAX_SLEEP", "100ms"},
                         {"TAKE_OVER_SECONDS", "2"}});
    for (const auto& [name, value] : more) all[name] = value;
    return all;
  }
  bool all_loaded() const {
    Database sql(database_->conninfo());
    return sql.value("SELECT to_regclass('loader_outbox') IS NOT NULL") == "t" &&
           sql.value("SELECT count(published_at) FROM loader_outbox") == std::to_string(stream_.files.size());
  }
};

// In the middle of a file, of a backlog of small ones, and before a commit.
TEST_F(TwoLoaders, APausedOneWakesUp) {
  const std::vector<GateRule> pauses{{.words = "COPY \"public\"", .moment = Moment::AfterAnswer},
                                     {.words = commit, .after = "apply", .moment = Moment::Before},
                                     {.words = commit, .after = "apply", .moment = Moment::AfterAnswer},
                                     {.statement = "apply_batch", .nth = 8, .moment = Moment::AfterAnswer}};
  for (auto pause : pauses) {
    if (!all_faults() && pause.words == commit) continue;
    SCOPED_TRACE(pause.words + pause.statement);
    new_target();
    loader_ = std::make_unique<RunningLoader>(loader_command, service());
    pause.action = [&] {
      loader_->process().signal(SIGSTOP);
      return Fate::Pass;
    };
    postgres_gate_.at(pause);
    ASSERT_TRUE(eventually([&] { return postgres_gate_.rule_used(); })) << loader_->log();
    RunningLoader second(loader_command, service({{"TARGET", database_->conninfo()}}));
    ASSERT_TRUE(second.says("Standing by: the target is held by paper-engine-orders")) << second.log();
    ASSERT_TRUE(second.says("Terminated the sessions of paper-engine-orders")) << second.log();
    ASSERT_TRUE(second.says("taking over")) << second.log();
    ASSERT_TRUE(eventually([&] { return all_loaded(); })) << second.log();
    loader_->process().signal(SIGCONT);
    ASSERT_TRUE(loader_->says("Standing by: the target is held by paper-engine-orders")) << loader_->log();
    EXPECT_EQ(loader_->stop(SIGTERM), 0) << loader_->log();
    EXPECT_EQ(second.stop(SIGTERM), 0) << second.log();
    EXPECT_THAT(texts_of(loader_->log(), "ERROR"), IsEmpty());
    EXPECT_THAT(texts_of(second.log(), "ERROR"), IsEmpty());
    expect_all_well();
  }
}

TEST_F(TwoLoaders, AStandbyIsAliveAndNotTheLeader) {
  const auto first_port = free_port();
  const auto second_port = free_port();
  loader_ = std::make_unique<RunningLoader>(loader_command,
                                            service({{"METRICS_ADDRESS", std::to_string(first_port)}}));
  ASSERT_TRUE(eventually([&] { return all_loaded(); })) << loader_->log();
  RunningLoader second(loader_command, service({{"METRICS_ADDRESS", std::to_string(second_port)}}));
  ASSERT_TRUE(second.says("Standing by")) << second.log();
  const auto page = [](int port, const std::string& path) {
    return http_get(fmt::format("http://127.0.0.1:{}{}", port, path));
  };
  const std::string leader = "\npaper_engine_orders_leader ";
  EXPECT_THAT(page(first_port, "/metrics").body, HasSubstr(leader + "1"));
  EXPECT_THAT(page(second_port, "/metrics").body, HasSubstr(leader + "0"));
  // It keeps its liveness while it waits: the time since its last step doesn't grow.
  std::this_thread::sleep_for(std::chrono::seconds(3));
  const auto health = page(second_port, "/healthz");
  EXPECT_EQ(health.status, 200);
  const auto text = health.body.substr(health.body.find(':') + 1);
  EXPECT_LT(std::stod(text), 2.5) << health.body;
  EXPECT_EQ(page(second_port, "/readyz").status, 503);
  // The active one loses the lock while it sleeps, and sees it before it has anything to do.
  auto sleepy = service(
      {{"MIN_SLEEP", "3600"}, {"MAX_SLEEP", "3600"}, {"METRICS_ADDRESS", std::to_string(first_port)}});
  EXPECT_EQ(loader_->stop(SIGTERM), 0);
  ASSERT_TRUE(second.says("taking over")) << second.log();
  EXPECT_EQ(second.stop(SIGTERM), 0);
  RunningLoader third(loader_command, sleepy);
  ASSERT_TRUE(eventually([&] {
    try {
      return page(first_port, "/metrics").body.find(leader + "1") != std::string::npos;
    } catch (const std::exception&) {
      return false;
    }
  })) << third.log();
  Database other(database_->conninfo());
  other.execute("BEGIN");
  other.execute(
      "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'loader_writer'::regclass; "
      "LOCK TABLE loader_writer IN EXCLUSIVE MODE");
  EXPECT_TRUE(eventually([&] {
    return page(first_port, "/metrics").body.find(leader + "0") != std::string::npos;
  })) << third.log();
  EXPECT_EQ(third.stop(SIGTERM), 0);
  // A session that isn't a loader's is waited for, too; with nothing to load.
  other.execute("ROLLBACK");
  RunningLoader fourth(loader_command, service({{"METRICS_ADDRESS", std::to_string(first_port)}}));
  ASSERT_TRUE(fourth.says("Up to date")) << fourth.log();
  other.execute("BEGIN");
  other.execute(
      "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'loader_writer'::regclass; "
      "LOCK TABLE loader_writer IN EXCLUSIVE MODE");
  EXPECT_TRUE(fourth.says("Standing by")) << fourth.log();
  EXPECT_EQ(page(first_port, "/readyz").status, 503);
  const auto shows = [&](const std::string& word) {
    return eventually([&] {
      return page(first_port, "/status.json").body.find("\"state\":\"" + word) != std::string::npos;
    });
  };
  EXPECT_TRUE(shows("standing by")) << fourth.log();
  // Out of PostgreSQL's reach, it can't know whether another one is active.
  postgres_gate_.faults({.refuse = true});
  postgres_gate_.cut();
  EXPECT_TRUE(shows("stuck")) << fourth.log();
  postgres_gate_.faults({});
  // The session sends no heartbeats, so the loader doesn't wait for it for long.
  EXPECT_TRUE(fourth.says("The target is free; taking over.")) << fourth.log();
  EXPECT_EQ(fourth.stop(SIGTERM), 0);
}

// The session that holds the lock is ended, and nobody else wants it: the loader takes it again and goes on.
TEST_F(TwoLoaders, ALockThatBreaksIsTakenAgain) {
  const auto port = free_port();
  loader_ =
      std::make_unique<RunningLoader>(loader_command, service({{"METRICS_ADDRESS", std::to_string(port)}}));
  ASSERT_TRUE(eventually([&] { return all_loaded(); })) << loader_->log();
  Database sql(database_->conninfo());
  const auto holder = [&] {
    return sql.value(
        "SELECT string_agg(pid::text, ',') FROM pg_locks WHERE relation = 'loader_writer'::regclass");
  };
  const auto before = holder();
  const auto epoch = sql.value("SELECT writer_epoch FROM loader_state");
  sql.execute("SELECT pg_terminate_backend(" + before + ")");
  EXPECT_TRUE(eventually([&] { return !holder().empty() && holder() != before; })) << loader_->log();
  EXPECT_EQ(sql.value("SELECT writer_epoch FROM loader_state"), epoch);
  EXPECT_THAT(http_get(fmt::format("http://127.0.0.1:{}/metrics", port)).body,
              HasSubstr("\npaper_engine_orders_leader 1"));
  EXPECT_EQ(loader_->stop(SIGTERM), 0) << loader_->log();
  EXPECT_THAT(loader_->log(), Not(HasSubstr("Another loader has taken")));
}

// A loader that doesn't know yet that it has lost the target: what it has begun can't be committed.
TEST_F(TwoLoaders, NothingIsCommittedAfterTheTargetIsLost) {
  for (auto lost : {GateRule{.statement = "apply", .moment = Moment::Before},
                    GateRule{.statement = "apply_batch", .nth = 3, .moment = Moment::Before}}) {
    SCOPED_TRACE(lost.statement);
    new_target();
    const auto conninfo = database_->conninfo();
    std::string recorded;
    lost.action = [&] {
      // A service holds loader_state while it writes: a loader that takes over ends that transaction first.
      Database sql(conninfo);
      recorded = sql.value("SELECT count(*) FROM loader_deliveries");
      sql.execute("SET lock_timeout = '100ms'");
      try {
        sql.execute("UPDATE loader_state SET writer_epoch = writer_epoch + 1");
      } catch (const std::exception&) {
        sql.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'loader_state'::regclass AND "
            "pid "
            "<> pg_backend_pid()");
        sql.execute("SET lock_timeout = '10s'");
        sql.execute("UPDATE loader_state SET writer_epoch = writer_epoch + 1");
      }
      return Fate::Pass;
    };
    postgres_gate_.at(lost);
    loader_ = std::make_unique<RunningLoader>(loader_command, service());
    ASSERT_TRUE(eventually([&] { return postgres_gate_.rule_used(); })) << loader_->log();
    ASSERT_TRUE(eventually([&] { return all_loaded(); })) << loader_->log();
    EXPECT_EQ(loader_->stop(SIGTERM), 0) << loader_->log();
    EXPECT_THAT(texts_of(loader_->log(), "ERROR"), IsEmpty());
    expect_all_well();
  }
}

// A role that may read the loader's tables, and nothing more, holds whatever it can: nobody waits for it.
TEST_F(TwoLoaders, AStrangerCannotHoldTheTarget) {
  loader_ = std::make_unique<RunningLoader>(loader_command, service());
  ASSERT_TRUE(eventually([&] { return all_loaded(); })) << loader_->log();
  EXPECT_EQ(loader_->stop(SIGTERM), 0);
  Database sql(database_->conninfo());
  sql.execute(
      "CREATE ROLE stranger; GRANT USAGE ON SCHEMA public TO stranger; GRANT SELECT ON ALL TABLES IN SCHEMA "
      "public TO stranger; SET ROLE stranger");
  for (const auto* mode : {"ROW SHARE", "SHARE", "EXCLUSIVE"})
    EXPECT_ANY_THROW(sql.execute(fmt::format("LOCK TABLE loader_writer IN {} MODE", mode))) << mode;
  EXPECT_ANY_THROW(sql.execute("SELECT FROM loader_state FOR KEY SHARE"));
  sql.execute("BEGIN");
  sql.execute(
      "LOCK TABLE loader_writer, loader_state IN ACCESS SHARE MODE; "
      "SELECT pg_advisory_lock(hashtext('paper-engine-orders'), oid::integer) FROM pg_namespace");
  const auto ran = run_loader(loader_command, settings({{"TARGET", database_->conninfo()}}));
  EXPECT_EQ(ran.status, 0) << ran.err;
  sql.execute("ROLLBACK; RESET ROLE; DROP OWNED BY stranger; DROP ROLE stranger");
}

// A loader that works is never taken for silent, however long its statement takes; and 0 is never.
TEST_F(TwoLoaders, WhoGivesSignsOfLifeKeepsTheTarget) {
  auto sql = std::make_unique<Database>(database_->conninfo());
  sql->execute("BEGIN; LOCK TABLE executions IN EXCLUSIVE MODE");
  loader_ = std::make_unique<RunningLoader>(loader_command, service());
  ASSERT_TRUE(eventually([&] {
    return sql->value(
               "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'executions'::regclass") !=
           "0";
  })) << loader_->log();
  RunningLoader second(loader_command, service());
  ASSERT_TRUE(second.says("Standing by")) << second.log();
  std::this_thread::sleep_for(std::chrono::seconds(5));
  sql->execute("COMMIT");
  sql.reset();
  ASSERT_TRUE(eventually([&] { return all_loaded(); })) << loader_->log();
  EXPECT_THAT(second.log(), Not(HasSubstr("heartbeat has been missing")));
  EXPECT_EQ(second.stop(SIGTERM), 0);

  RunningLoader patient(loader_command, service({{"TAKE_OVER_SECONDS", "0"}}));
  ASSERT_TRUE(patient.says("Standing by")) << patient.log();
  loader_->process().signal(SIGSTOP);
  std::this_thread::sleep_for(std::chrono::seconds(4));
  EXPECT_THAT(patient.log(), Not(HasSubstr("heartbeat has been missing")));
  loader_->process().signal(SIGCONT);
  EXPECT_EQ(patient.stop(SIGTERM), 0);
  EXPECT_EQ(loader_->stop(SIGTERM), 0);
  expect_all_well();
}

// A stop ends in seconds although the server has vanished: nobody waits for its answer to a cancel.
TEST_F(TwoLoaders, AStopDoesNotWaitForAServerThatIsGone) {
  Database sql(database_->conninfo());
  sql.execute("BEGIN; LOCK TABLE executions, orders IN EXCLUSIVE MODE");
  loader_ = std::make_unique<RunningLoader>(loader_command, service());
  ASSERT_TRUE(eventually([&] { return sql.value("SELECT count(*) FROM pg_locks WHERE NOT granted") != "0"; }))
      << loader_->log();
  postgres_gate_.faults({.vanish = true});
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_EQ(loader_->stop(SIGTERM), 0) << loader_->log();
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(20));
}

}  // namespace
}  // namespace peo::test
