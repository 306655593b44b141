// The loader as a service: it goes on until it is stopped, survives its peers' restarts, and is alone.
#include <fmt/format.h>

#include <fstream>

#include "fixture.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Service : public LoaderTest {
 protected:
  void SetUp() override {
    execute(tables());
    bucket_.load("t", 1, "1,a\n2,b\n");
  }
  static std::string tables() { return table_sql("t", "id int PRIMARY KEY, v text"); }

  LoaderSettings as_service(const LoaderSettings& more = {}) const {
    auto all = settings({{"RUN_AS_SERVICE", "True"}, {"MIN_SLEEP", "100ms"}, {"MAX_SLEEP", "100ms"}});
    for (const auto& [name, value] : more) all[name] = value;
    return all;
  }
  void change(int number, const std::string& text) {
    bucket_.change("t", fmt::format("20990101-{:09}", number), text);
  }
};

TEST_F(Service, PicksUpWhatAppears) {
  RunningLoader service(loader_command, as_service());
  ASSERT_TRUE(service.says("Delivery 1: processed")) << service.log();
  for (int i = 1; i <= 5; ++i) {
    change(i, fmt::format("U,1,v{}\n", i));
    ASSERT_TRUE(service.says(fmt::format("Delivery {}: processed", i + 1))) << service.log();
    EXPECT_EQ(value("SELECT v FROM t WHERE id = 1"), fmt::format("v{}", i));
  }
  EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
  EXPECT_THAT(texts_of(service.log(), "ERROR"), IsEmpty());
  EXPECT_EQ(texts_of(service.log(), "INFO").back(), "Stopped.");
}

TEST_F(Service, EndsOnSigint) {
  RunningLoader service(loader_command, as_service({{"MIN_SLEEP", "3600"}, {"MAX_SLEEP", "3600"}}));
  ASSERT_TRUE(service.says("Delivery 1: processed")) << service.log();
  EXPECT_EQ(service.stop(SIGINT), 0) << service.log();
}

TEST_F(Service, UnderNohupOutlivesTheTerminal) {
  RunningLoader service({"nohup", {program()}}, as_service());
  ASSERT_TRUE(service.says("Delivery 1: processed")) << service.log();
  service.process().signal(SIGHUP);
  change(1, "U,1,v1\n");
  ASSERT_TRUE(service.says("Delivery 2: processed")) << service.log();
  EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
}

// The log goes to a reader that ends at once, to a full disk, nowhere at all.
TEST_F(Service, ALogThatCannotBeWrittenEndsNoLoad) {
  int number = 0;
  for (const std::string where : {"2> >(true)", "2>/dev/full", "2>&- 1>&- 0<&-"}) {
    SCOPED_TRACE(where);
    const LoaderCommand command{"bash", {"-c", "exec " + where + "; sleep 0.2; exec \"$0\"", program()}};
    ++number;
    change(number, fmt::format("U,1,v{}\n", number));
    EXPECT_EQ(run_loader(command, settings()).status, 0);
    EXPECT_EQ(value("SELECT v FROM t WHERE id = 1"), fmt::format("v{}", number));
    EXPECT_EQ(run_loader(command, {{"DRY_RUN", "maybe"}}).status, 78);
  }
}

// It has seconds, not minutes: the delivery in work is rolled back and loaded by the next run. Once as rows
// that go straight in, once as rows that are compared with those that are there.
TEST_F(Service, EndsInTheMiddleOfABigDelivery) {
  load();
  execute(
      "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.001); RETURN "
      "NEW; END $$;"
      "CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION slow()");  // minutes, all in all
  std::string rows;
  for (int i = 3; i <= 150'000; ++i) rows += fmt::format("{},x {}\n", i, i);
  bucket_.load("t", 2, rows);
  for (const bool staged : {false, true}) {
    SCOPED_TRACE(staged);
    if (staged)
      execute(
          "ALTER TABLE t DISABLE TRIGGER slow; INSERT INTO t VALUES (5, 'x 5', 0, 0); ALTER TABLE t ENABLE "
          "TRIGGER slow");
    const auto before = dumped({"loader_state"});
    RunningLoader service(loader_command, as_service());
    ASSERT_TRUE(service.says("Delivery 2: process_dbo")) << service.log();
    ASSERT_TRUE(eventually([&] {
      return value(
                 "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = "
                 "'PgSleep'") == "1";
    })) << service.log();
    const auto asked = std::chrono::steady_clock::now();
    EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
    EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(15));
    EXPECT_THAT(texts_of(service.log(), "ERROR"), IsEmpty()) << service.log();
    EXPECT_EQ(dumped({"loader_state"}), before);
  }
  execute("DROP TRIGGER slow ON t");
  load();
  EXPECT_EQ(value("SELECT count(*) || ' ' || max(id) FROM t"), "150000 150000");
  EXPECT_THAT(ledger_counts(), ElementsAre("2|0|0", "149997|0|0"));
}

TEST_F(Service, OneLoaderAtATime) {
  RunningLoader service(loader_command, as_service());
  ASSERT_TRUE(service.says("Delivery 1: processed")) << service.log();
  const auto once = run();
  EXPECT_EQ(once.status, 75) << once.err;
  EXPECT_THAT(texts_of(once.err, "ERROR"), ElementsAre(AllOf(HasSubstr("held by paper-engine-orders"),
                                                             HasSubstr("127.0.0.1"), HasSubstr("backend "))));

  RunningLoader second(loader_command, as_service());
  ASSERT_TRUE(second.says("Standing by: the target is held by paper-engine-orders")) << second.log();
  change(1, "U,1,first\n");
  ASSERT_TRUE(service.says("Delivery 2: processed")) << service.log();
  EXPECT_THAT(deliveries_in(second.log()), IsEmpty());
  service.kill();
  ASSERT_TRUE(second.says("taking over")) << second.log();
  change(2, "U,1,second\n");
  ASSERT_TRUE(second.says("Delivery 3: processed")) << second.log();
  EXPECT_EQ(value("SELECT v FROM t WHERE id = 1"), "second");
  EXPECT_EQ(second.stop(SIGTERM), 0);
}

TEST_F(Service, AStandbyEndsWhenItIsTold) {
  RunningLoader service(loader_command, as_service());
  ASSERT_TRUE(service.says("Delivery 1: processed")) << service.log();
  RunningLoader second(loader_command, as_service());
  ASSERT_TRUE(second.says("Standing by")) << second.log();
  EXPECT_EQ(second.stop(SIGTERM), 0) << second.log();
  EXPECT_THAT(texts_of(second.log(), "ERROR"), IsEmpty());
}

TEST_F(Service, PostgresIsRestarted) {
  PostgresServer server;
  TestDatabase database(server);
  Database(database.conninfo()).execute(tables());
  RunningLoader service(loader_command, as_service({{"TARGET", database.conninfo()}}));
  ASSERT_TRUE(service.says("Delivery 1: processed")) << service.log();
  for (int i = 1; i <= 3; ++i) {
    server.stop(i == 2 ? StopMode::Fast : StopMode::Immediate);
    change(i, fmt::format("U,1,v{}\nI,{},new\n", i, 10 + i));
    server.start();
    ASSERT_TRUE(service.says(fmt::format("Delivery {}: processed", i + 1), std::chrono::minutes(1)))
        << service.log();
  }
  ASSERT_TRUE(service.says("Recovered after")) << service.log();
  EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
  EXPECT_THAT(texts_of(service.log(), "ERROR"), IsEmpty()) << service.log();
  Database sql(database.conninfo());
  EXPECT_THAT(lines_of(sql.rows("SELECT id, v, event_id, delivery_id FROM t ORDER BY 1")),
              ElementsAre("1|v3|7|4", "2|b|2|1", "11|new|4|2", "12|new|6|3", "13|new|8|4"));
  EXPECT_EQ(sql.value("SELECT count(*) FROM loader_deliveries"), "4");
}

// It starts before its target does.
TEST_F(Service, PostgresIsNotThereYet) {
  PostgresServer server;
  TestDatabase database(server);
  Database(database.conninfo()).execute(tables());
  server.stop();
  RunningLoader service(loader_command, as_service({{"TARGET", database.conninfo()}}));
  ASSERT_TRUE(service.says("Retrying")) << service.log();
  server.start();
  ASSERT_TRUE(service.says("Delivery 1: processed")) << service.log();
  EXPECT_EQ(service.stop(SIGTERM), 0);
}

// What concerns one table holds that table, and ends when its cause is gone.
class HeldTable : public Service {
 protected:
  void SetUp() override {
    Service::SetUp();
    execute(table_sql("u", "id int PRIMARY KEY, v text"));
    bucket_.load("u", 1, "1,a\n");
  }
  void change_u(int number) {
    bucket_.change("u", fmt::format("20990101-{:09}", number), fmt::format("U,1,v{}\n", number));
  }
  // The next file of the other table is loaded.
  bool others_go_on(int number) {
    change_u(number);
    return eventually([&] { return value("SELECT v FROM u") == fmt::format("v{}", number); });
  }
  bool has(const std::string& v) {
    return eventually([&] { return value("SELECT v FROM t WHERE id = 1") == v; });
  }
  std::string held() {
    return value("SELECT coalesce(string_agg(entity || ' ' || object_key, ','), '') FROM loader_holds");
  }
};

TEST_F(HeldTable, ABadFileIsCorrected) {
  RunningLoader service(loader_command, as_service());
  ASSERT_TRUE(service.says("Delivery 2: processed")) << service.log();
  change(1, "U,1\n");
  ASSERT_TRUE(service.says("t is held")) << service.log();
  EXPECT_TRUE(others_go_on(1)) << service.log();
  EXPECT_TRUE(eventually([&] { return held() == "t dbo/t/20990101-000000001.csv.gz"; })) << held();
  change(2, "U,1,v2\n");
  EXPECT_TRUE(others_go_on(2)) << service.log();
  EXPECT_EQ(value("SELECT v FROM t WHERE id = 1"), "a");
  change(1, "U,1,v1\n");
  EXPECT_TRUE(has("v2")) << service.log();
  EXPECT_TRUE(eventually([&] { return held().empty(); })) << held();
  EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
  EXPECT_THAT(texts_of(service.log(), "ERROR"), SizeIs(1));
}

TEST_F(HeldTable, ARestartRemembersAndTheTableIsCorrected) {
  {
    RunningLoader service(loader_command, as_service());
    ASSERT_TRUE(service.says("Delivery 2: processed")) << service.log();
    change(1, "Op,id,v,w\nU,1,v1,x\n");
    ASSERT_TRUE(eventually([&] { return !held().empty(); })) << service.log();
    EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
  }
  RunningLoader service(loader_command, as_service({{"HEADER", "True"}}));
  EXPECT_TRUE(others_go_on(1)) << service.log();
  EXPECT_EQ(held(), "t dbo/t/20990101-000000001.csv.gz");
  execute("ALTER TABLE t ADD w text");
  EXPECT_TRUE(has("v1")) << service.log();
  EXPECT_TRUE(eventually([&] { return held().empty(); })) << held();
  EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
}

TEST_F(HeldTable, AnotherSessionLocksIt) {
  RunningLoader service(loader_command, as_service());
  ASSERT_TRUE(service.says("Delivery 2: processed")) << service.log();
  Database locker(database_.conninfo());
  const auto backend = "t, held by backend " + locker.value("SELECT pg_backend_pid()");
  locker.execute("BEGIN; LOCK TABLE t IN SHARE MODE");
  change(1, "U,1,v1\n");
  EXPECT_TRUE(service.says(backend)) << service.log();
  EXPECT_TRUE(service.says("t is held")) << service.log();
  // status and page show it between the tries, too.
  const auto hint = [&] { return value("SELECT hint FROM loader_holds WHERE entity = 't'"); };
  EXPECT_TRUE(eventually([&] { return hint().find(backend) != std::string::npos; })) << hint();
  EXPECT_TRUE(others_go_on(1)) << service.log();
  locker.execute("COMMIT");
  EXPECT_TRUE(has("v1")) << service.log();
  EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
}

TEST_F(HeldTable, ARunOnceLoadsTheOthersAndEndsWithTheReason) {
  change(1, "U,1\n");
  change_u(1);
  const auto ran = run();
  EXPECT_EQ(ran.status, 65) << ran.err;
  EXPECT_THAT(texts_of(ran.err, "ERROR"), SizeIs(1));
  EXPECT_THAT(texts_of(ran.err, "WARNING"), Contains(HasSubstr("Summary: t is held")));
  EXPECT_EQ(value("SELECT v FROM u"), "v1");
}

// Each hold ends with its own cause: the object is gone or skipped, the table is dropped.
TEST_F(HeldTable, TwoTablesForDifferentReasons) {
  RunningLoader service(loader_command, as_service());
  ASSERT_TRUE(service.says("Delivery 2: processed")) << service.log();
  change(1, "U,1\n");
  execute("ALTER TABLE u DROP CONSTRAINT u_pkey");
  change_u(1);
  const auto both = [&] {
    return held() == "t dbo/t/20990101-000000001.csv.gz,u " ||
           held() == "u ,t dbo/t/20990101-000000001.csv.gz";
  };
  EXPECT_TRUE(eventually(both)) << held();
  // Asked for, it is tried, and is as bad as before.
  const auto asked = [&](const std::vector<std::string>& words) {
    return run_loader({program(), words}, settings()).status;
  };
  EXPECT_EQ(asked({"replay", "dbo/t/20990101-000000001.csv.gz"}), 0);
  ASSERT_TRUE(eventually([&] { return value("SELECT tries FROM loader_holds WHERE entity = 't'") != "1"; }))
      << service.log();
  execute("ALTER TABLE u ADD PRIMARY KEY (id)");
  EXPECT_TRUE(eventually([&] { return value("SELECT v FROM u") == "v1"; })) << service.log();
  EXPECT_TRUE(eventually([&] { return held() == "t dbo/t/20990101-000000001.csv.gz"; })) << held();
  // The file goes, the next one is bad, too, and is skipped.
  bucket_.remove("dbo/t/20990101-000000001.csv.gz");
  EXPECT_TRUE(eventually([&] { return held().empty(); })) << held();
  change(2, "U,1\n");
  change(3, "U,1,v3\n");
  EXPECT_TRUE(eventually([&] { return held() == "t dbo/t/20990101-000000002.csv.gz"; })) << held();
  EXPECT_EQ(asked({"skip", "dbo/t/20990101-000000002.csv.gz", "--reason", "known"}), 0);
  EXPECT_TRUE(has("v3")) << service.log();
  EXPECT_TRUE(eventually([&] { return held().empty(); })) << held();
  change(4, "U,1\n");
  EXPECT_TRUE(eventually([&] { return !held().empty(); })) << held();
  execute("DROP TABLE t");
  EXPECT_TRUE(eventually([&] { return held().empty(); })) << held();
  EXPECT_TRUE(others_go_on(2)) << service.log();
  EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
}

// What concerns all is retried once the service has been healthy.
TEST_F(HeldTable, TheLoadersOwnTableIsGoneForAWhile) {
  RunningLoader service(loader_command, as_service());
  ASSERT_TRUE(service.says("Delivery 2: processed")) << service.log();
  execute("ALTER TABLE loader_deliveries RENAME TO away");
  ASSERT_TRUE(service.says("Retrying")) << service.log();
  execute("ALTER TABLE away RENAME TO loader_deliveries");
  EXPECT_TRUE(others_go_on(1)) << service.log();
  EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
}

TEST_F(HeldTable, ALoginThatIsReplacedInItsFileNeedsNoRestart) {
  const auto suffix = value("SELECT current_database()");
  const auto first = "first_" + suffix, second = "second_" + suffix;
  execute(
      fmt::format("CREATE ROLE {0} SUPERUSER LOGIN PASSWORD 'known'; "
                  "CREATE ROLE {1} SUPERUSER LOGIN PASSWORD 'known'",
                  first, second));
  const TempDir directory;
  const auto file = directory.path() / "target";
  const auto log_in_as = [&](const std::string& role) {
    std::ofstream(file) << database_.conninfo() << " user=" << role << " password=known\n";
  };
  log_in_as(first);
  auto settings = as_service({{"TARGET_FILE", file.string()}});
  settings.erase("TARGET");
  {
    RunningLoader service(loader_command, settings);
    // Before its first round has ended, a refused login ends it.
    ASSERT_TRUE(service.says("polling every")) << service.log();
    execute(
        fmt::format("ALTER ROLE {0} NOLOGIN; SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE usename = '{0}'",
                    first));
    ASSERT_TRUE(service.says("is not permitted to log in")) << service.log();
    log_in_as(second);
    EXPECT_TRUE(others_go_on(1)) << service.log();
    EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
  }
  execute(fmt::format("REASSIGN OWNED BY {0}, {1} TO postgres; DROP ROLE {0}, {1}", first, second));
}

// While a backlog exists there is no wait.
TEST_F(Service, NoWaitWhileThereIsABacklog) {
  for (int i = 1; i <= 300; ++i) change(i, fmt::format("U,1,v{}\n", i));
  RunningLoader service(loader_command, as_service({{"MIN_SLEEP", "3600"}, {"MAX_SLEEP", "3600"}}));
  EXPECT_TRUE(service.says("Delivery 301: processed", std::chrono::seconds(60))) << service.log();
  EXPECT_EQ(service.stop(SIGTERM), 0);
}

}  // namespace
}  // namespace peo::test
