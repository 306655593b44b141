// What a kill leaves, and two at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "embedded/postmaster.hpp"
#include "embedded/socket_directory.hpp"
#include "integration/embedded/support.hpp"
#include "support/process.hpp"

namespace peo::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// In a process that is then killed: the object must not be destroyed.
void start_and_leave(const fs::path& place, const std::string& sql = "SELECT 1") {
  static const Cancellation stop;
  auto* server = new EmbeddedPostgres(place, stop);
  server->start();
  Database(server->conninfo()).execute(sql);
}

TEST(Recovery, AServerThatAKilledLoaderLeftIsAdoptedAndStopped) {
  const TempDir directory;
  const auto place = directory / "postgres";
  Loader killed([&] { start_and_leave(place, "CREATE TABLE t AS SELECT 42 AS a"); });
  const auto left = embedded::running_postmaster(place / "cluster");
  ASSERT_TRUE(left);
  killed.kill();
  {
    const Cancellation stop;
    EmbeddedPostgres server(place, stop);
    server.start();
    EXPECT_FALSE(server.started());
    EXPECT_EQ(server.pid(), left->pid);
    EXPECT_EQ(ask(server, "SELECT a FROM t"), "42");
  }
  // The server isn't this process's child: it gives up its lock file a moment before it is gone.
  EXPECT_TRUE(eventually([&] { return processes_in(place).empty(); }));
}

TEST(Recovery, ALoaderThatWasKilledWhileMakingTheClusterIsDoneAgain) {
  const TempDir directory;
  const auto place = directory / "postgres";
  Loader killed([&] { start_and_leave(place); }, false);
  ASSERT_TRUE(eventually([&] { return fs::exists(place / "cluster.new/base/1"); }));
  killed.kill();
  EXPECT_FALSE(fs::exists(place / "cluster"));
  const Cancellation stop;
  EmbeddedPostgres server(place, stop);
  server.start();
  EXPECT_TRUE(server.started());
  EXPECT_EQ(ask(server, "SELECT 1"), "1");
  EXPECT_FALSE(fs::exists(place / "cluster.new"));
}

TEST(Recovery, AMissingDatabaseIsMadeLater) {
  const TempDir directory;
  const Cancellation stop;
  EmbeddedPostgres server(directory / "postgres", stop);
  server.start();
  auto other = server.conninfo();
  other.replace(other.find("dbname=paper_engine"), std::string::npos, "dbname=postgres");
  Database(other).execute("DROP DATABASE paper_engine");
  server.stop();
  server.start();
  EXPECT_EQ(ask(server, "SELECT current_database()"), "paper_engine");
}

TEST(Recovery, AKilledPostmasterWithABusyBackendIsFollowedByANewServer) {
  const TempDir directory;
  const auto place = directory / "postgres";
  const Cancellation stop;
  EmbeddedPostgres server(place, stop);
  server.start();
  Database(server.conninfo()).execute("CREATE TABLE t AS SELECT 42 AS a");
  const Database busy(server.conninfo());
  const int backend = PQbackendPID(busy.connection());
  // Pure computing: this backend does not notice that its postmaster is gone.
  ASSERT_EQ(PQsendQuery(busy.connection(), "DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$"), 1);
  const int before = server.pid();
  ASSERT_TRUE(eventually([&] {
    return ask(server, "SELECT state FROM pg_stat_activity WHERE pid = " + std::to_string(backend)) ==
           "active";
  }));
  ::kill(before, SIGKILL);
  ASSERT_TRUE(eventually([&] { return !server.running(); }));
  EXPECT_THAT(embedded::orphans(server.cluster().path()), ::testing::Contains(backend));
  server.start();
  EXPECT_NE(server.pid(), before);
  EXPECT_EQ(ask(server, "SELECT a FROM t"), "42");
  EXPECT_FALSE(embedded::is_server_process(backend, server.cluster().path()));
}

TEST(Recovery, AStalePidFileIsSeenThrough) {
  const TempDir directory;
  const auto place = directory / "postgres";
  const Cancellation stop;
  EmbeddedPostgres server(place, stop);
  server.start();
  // As after a crash of the machine: the file is there, the number belongs to nobody, or to another program
  // of the same user.
  ProcessOptions options;
  if (::geteuid() == 0) options.user = server.cluster().account.uid;
  Process other({"sleep", "1000"}, options);
  const int own = server.pid();
  for (const int pid : {own, other.pid()}) {
    auto text = read_file(place / "cluster/postmaster.pid");
    text.replace(0, text.find('\n'), std::to_string(pid));
    ::kill(server.pid(), SIGKILL);
    ASSERT_TRUE(eventually([&] { return !server.running(); }));
    ASSERT_TRUE(eventually([&] { return processes_in(place).empty(); }));
    write_file(place / "cluster/postmaster.pid", text);
    server.start();
    EXPECT_EQ(ask(server, "SELECT 1"), "1");
  }
  EXPECT_TRUE(other.running());
}

TEST(Recovery, ADataFolderThatWasRemovedUnderItsServerBeginsAnew) {
  const TempDir directory;
  const auto place = directory / "postgres";
  Loader killed([&] { start_and_leave(place); });
  killed.kill();
  fs::remove_all(place);
  const Cancellation stop;
  EmbeddedPostgres server(place, stop);
  server.start();
  EXPECT_TRUE(server.started());
  EXPECT_EQ(ask(server, "SELECT 1"), "1");
  server.stop();
  EXPECT_THAT(processes_in(directory.path()), IsEmpty());
}

TEST(Recovery, ADataFolderThatWasMovedAwayUnderItsServerBeginsAnew) {
  const TempDir directory;
  const auto place = directory / "postgres";
  Loader killed([&] { start_and_leave(place); });
  killed.kill();
  fs::rename(place, directory / "moved");
  const Cancellation stop;
  EmbeddedPostgres server(place, stop);
  server.start();
  EXPECT_TRUE(server.started());
  EXPECT_EQ(ask(server, "SELECT 1"), "1");
  EXPECT_THAT(processes_in(directory / "moved"), IsEmpty());
}

TEST(Recovery, ALostSocketIsMadeAnew) {
  const TempDir directory;
  const auto place = directory / "postgres";
  Loader killed([&] { start_and_leave(place); });
  const auto left = embedded::running_postmaster(place / "cluster");
  ASSERT_TRUE(left);
  killed.kill();
  fs::remove_all(left->socket_directory);  // as a cleaner of /tmp would
  const Cancellation stop;
  EmbeddedPostgres server(place, stop);
  server.start();
  EXPECT_NE(server.pid(), left->pid);
  EXPECT_EQ(ask(server, "SELECT 1"), "1");
}

TEST(TwoAtOnce, TheSecondIsRefusedAndTheFirstKeepsItsServer) {
  const TempDir directory;
  const auto place = directory / "postgres";
  const Loader first([&] { start_and_leave(place); });
  const auto running = embedded::running_postmaster(place / "cluster");
  ASSERT_TRUE(running);
  {
    const Cancellation stop;
    EmbeddedPostgres second(place, stop);
    try {
      second.start();
      FAIL() << "two at once";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Fatal);
      EXPECT_EQ(error.exit_code(), ExitCode::TryAgain);
      EXPECT_THAT(error.what(), HasSubstr("process " + std::to_string(first.pid())));
    }
  }
  EXPECT_TRUE(embedded::is_server_process(running->pid, place / "cluster"));
  EXPECT_EQ(Database(embedded::conninfo_of(*running)).value("SELECT 1"), "1");
  ::kill(running->pid, SIGINT);
  EXPECT_TRUE(eventually([&] { return processes_in(place).empty(); }));
  fs::remove(running->socket_directory);
}

TEST(ThrowAway, OfAKilledLoaderEndsAndTheNextOneRemovesIt) {
  const TempDir directory;
  const auto note = directory / "note";
  Loader killed([&] {
    static const Cancellation stop;
    auto* server = EmbeddedPostgres::temporary(stop).release();
    server->start();
    write_file(note, server->directory().string() + "\n" + server->conninfo());
  });
  const auto text = read_file(note);
  const fs::path left = text.substr(0, text.find('\n'));
  EXPECT_EQ(Database(text.substr(text.find('\n') + 1)).value("SELECT 1"), "1");
  killed.kill();
  EXPECT_TRUE(eventually([&] { return processes_in(left).empty(); }));
  EXPECT_TRUE(fs::exists(left));
  const Cancellation stop;
  const auto next = EmbeddedPostgres::temporary(stop);
  next->start();
  EXPECT_FALSE(fs::exists(left));
  EXPECT_FALSE(fs::exists(embedded::socket_directory_of(left / "cluster", embedded::server_account())));
}

}  // namespace
}  // namespace peo::test
