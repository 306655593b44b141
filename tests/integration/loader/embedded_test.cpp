// Without TARGET: the loader's own PostgreSQL in its data directory, started and stopped with it.
#include <fmt/format.h>

#include "fixture.hpp"

namespace peo::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class OwnPostgres : public ::testing::Test {
 protected:
  LoaderSettings settings(const LoaderSettings& more = {}) const {
    LoaderSettings all{{"SOURCE", bucket_.source()},
                       {"DATA_DIR", data().string()},
                       {"ENTITIES", (entities_.path()).string()}};
    for (const auto& [name, value] : more) all[name] = value;
    return all;
  }
  void SetUp() override {
    write_file(entities_ / "01.sql", table_sql("t", "id int PRIMARY KEY, v text"));
    bucket_.load("t", 1, "1,a\n2,b\n");
  }
  fs::path data() const { return directory_ / "data"; }
  // What the database holds, by the loader's own psql.
  std::string ask(const std::string& sql) const {
    const auto asked = run_loader({program(), {"psql", "-XAtc", sql}}, settings());
    EXPECT_EQ(asked.status, 0) << asked.err;
    return asked.out;
  }
  std::string load(const LoaderSettings& more = {}) const {
    const auto ran = run_loader(loader_command, settings(more));
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_THAT(texts_of(ran.err, "ERROR"), IsEmpty()) << ran.err;
    return ran.err;
  }
  static std::vector<std::string> servers_in(const fs::path& directory) {
    std::vector<std::string> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc", error)) {
      const auto where = fs::read_symlink(entry.path() / "cwd", error).string();
      if (!error && where.starts_with(directory.string())) found.push_back(entry.path().filename());
    }
    return found;
  }

  TempDir directory_, entities_;
  Bucket bucket_;
};

TEST_F(OwnPostgres, LoadsAgainAndAgain) {
  EXPECT_THAT(deliveries_in(load()), SizeIs(1));
  EXPECT_THAT(servers_in(data()), IsEmpty());
  bucket_.change("t", "20990101-000000001", "U,1,A\n");
  EXPECT_THAT(deliveries_in(load()), SizeIs(1));
  EXPECT_THAT(load(), HasSubstr("No new files"));
  EXPECT_EQ(ask("SELECT * FROM t ORDER BY id"), "1|A|3|2\n2|b|2|1\n");
  EXPECT_THAT(servers_in(data()), IsEmpty());
}

TEST_F(OwnPostgres, SurvivesAKill) {
  std::string rows;
  for (int i = 3; i <= 100'000; ++i) rows += fmt::format("I,{},row {}\n", i, i);
  bucket_.change("t", "20990101-000000001", rows);
  for (const auto* moment : {"Delivery 1: process_dbo", "Delivery 2: process_dbo", "Delivery 2: persisted"}) {
    RunningLoader loader(loader_command, settings());
    loader.says(moment);
    loader.kill();
  }
  run_after_crash(settings());
  EXPECT_EQ(ask("SELECT count(*), count(DISTINCT event_id) FROM t"), "100000|100000\n");
  EXPECT_EQ(ask("SELECT count(*) FROM loader_deliveries"), "2\n");
  EXPECT_EQ(ask("SELECT count(*) FROM loader_outbox WHERE published_at IS NULL"), "0\n");
  EXPECT_THAT(servers_in(data()), IsEmpty());
}

TEST_F(OwnPostgres, ADryRunLeavesNothingBehind) {
  RunningLoader dry(loader_command, settings({{"DRY_RUN", "True"}, {"TMPDIR", directory_.path().string()}}));
  EXPECT_EQ(dry.process().wait(), 0) << dry.log();
  EXPECT_THAT(deliveries_in(dry.log()), SizeIs(1));
  EXPECT_FALSE(fs::exists(data()));
  EXPECT_TRUE(fs::is_empty(dry.working_directory().path()));
  EXPECT_TRUE(fs::is_empty(directory_.path()));
  EXPECT_THAT(servers_in(directory_.path()), IsEmpty());
}

TEST_F(OwnPostgres, ADryRunOnALoadedOneChangesNothing) {
  load();
  bucket_.change("t", "20990101-000000001", "U,1,A\nD,2,b\n");
  const auto before = ask("SELECT * FROM t ORDER BY id");
  const auto dry = deliveries_in(load({{"DRY_RUN", "True"}}));
  EXPECT_EQ(ask("SELECT * FROM t ORDER BY id"), before);
  EXPECT_EQ(dry, deliveries_in(load()));
  EXPECT_THAT(dry, SizeIs(1));
}

TEST_F(OwnPostgres, AWrongBucket) {
  const auto ran = run_loader(loader_command, settings({{"SOURCE", "bucket_path=/nowhere/at/all"}}));
  EXPECT_EQ(ran.status, 78) << ran.err;
  EXPECT_THAT(texts_of(ran.err, "ERROR"), SizeIs(1));
}

TEST_F(OwnPostgres, ASecondLoaderOnTheSameFolder) {
  RunningLoader service(loader_command, settings({{"RUN_AS_SERVICE", "True"}}));
  ASSERT_TRUE(service.says("Delivery 1: processed")) << service.log();
  const auto second = run_loader(loader_command, settings({{"RETRY_SECONDS", "1"}}));
  EXPECT_EQ(second.status, 75) << second.err;
  EXPECT_THAT(texts_of(second.err, "ERROR"), SizeIs(1)) << second.err;
  EXPECT_EQ(service.stop(SIGTERM), 0) << service.log();
  EXPECT_THAT(servers_in(data()), IsEmpty());
}

// A closed terminal: its shell sends SIGHUP, and so does the kernel.
TEST_F(OwnPostgres, AHangupStopsLoaderAndServer) {
  RunningLoader service(loader_command, settings({{"RUN_AS_SERVICE", "True"}}));
  ASSERT_TRUE(service.says("Delivery 1: processed")) << service.log();
  service.process().signal(SIGHUP);
  EXPECT_EQ(service.stop(SIGHUP), 0) << service.log();
  EXPECT_THAT(service.log(), HasSubstr("SIGHUP: stopping"));
  EXPECT_THAT(texts_of(service.log(), "INFO"), ::testing::Contains("Stopped."));
  EXPECT_THAT(servers_in(data()), IsEmpty());
}

// psql of its own server: who ends the command ends psql and the server.
TEST_F(OwnPostgres, ASignalEndsPsqlAndItsServer) {
  load();
  for (const int number : {SIGTERM, SIGHUP}) {
    RunningLoader psql({program(), {"psql", "-Xc", "\\warn asleep", "-c", "SELECT pg_sleep(600)"}},
                       settings());
    ASSERT_TRUE(psql.says("asleep")) << psql.log();
    psql.stop(number);
    EXPECT_THAT(servers_in(data()), IsEmpty());
  }
}

// Nothing is configured: the sample bucket into the loader's own PostgreSQL, messages to the log.
TEST(NothingConfigured, LoadsTheSample) {
  RunningLoader loader(loader_command, {});
  EXPECT_EQ(loader.process().wait(std::chrono::minutes(4)), 0) << loader.log();
  EXPECT_TRUE(fs::exists(loader.working_directory() / "paper-engine-data"));
  EXPECT_THAT(loader.log(), HasSubstr(R"({"strategies": {"AMEND": 0, "CREATE": 90, "REMOVE": 0}})"));
  EXPECT_THAT(loader.log(), HasSubstr(R"({"orders": {"AMEND": 0, "CREATE": 159967, "REMOVE": 0}})"));
  EXPECT_THAT(texts_of(loader.log(), "ERROR"), IsEmpty());
}

}  // namespace
}  // namespace peo::test
