// Two loaders on one target: one works, the other waits. The one at work stops, by death or by a pause, and
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
    ASSERT_TRUE(second.says("No sign of life from paper-engine-orders")) << second.log();
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
  // It gives signs of life while it waits: the time since the last one doesn't grow.
  std::this_thread::sleep_for(std::chrono::seconds(3));
  const auto health = page(second_port, "/healthz");
  EXPECT_EQ(health.status, 200);
  const auto text = health.body.substr(health.body.find(':') + 1);
  EXPECT_LT(std::stod(text), 2.5) << health.body;
  EXPECT_EQ(page(second_port, "/readyz").status, 503);
  // The one at work loses its session while it sleeps, and sees it before it has anything to do.
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
  Database(database_->conninfo())
      .execute(
          "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND mode = "
          "'ExclusiveLock'");
  EXPECT_TRUE(eventually([&] {
    return page(first_port, "/metrics").body.find(leader + "0") != std::string::npos;
  })) << third.log();
  EXPECT_EQ(third.stop(SIGTERM), 0);
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
  EXPECT_THAT(second.log(), Not(HasSubstr("No sign of life")));
  EXPECT_EQ(second.stop(SIGTERM), 0);

  RunningLoader patient(loader_command, service({{"TAKE_OVER_SECONDS", "0"}}));
  ASSERT_TRUE(patient.says("Standing by")) << patient.log();
  loader_->process().signal(SIGSTOP);
  std::this_thread::sleep_for(std::chrono::seconds(4));
  EXPECT_THAT(patient.log(), Not(HasSubstr("No sign of life")));
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
