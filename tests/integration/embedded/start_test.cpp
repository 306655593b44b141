// Starting, stopping, and where things lie.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "embedded/open_psql.hpp"
#include "embedded/postmaster.hpp"
#include "embedded/socket_directory.hpp"
#include "integration/embedded/support.hpp"

namespace peo::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(EmbeddedPostgres, KeepsItsDataFromOneRunToTheNextAndLeavesNoProcess) {
  const TempDir directory;
  const Cancellation stop;
  const auto place = directory / "data/postgres";
  fs::path socket_directory;
  {
    EmbeddedPostgres server(place, stop);
    EXPECT_FALSE(server.has_cluster());
    server.start();
    EXPECT_TRUE(server.started());
    EXPECT_EQ(ask(server, "SELECT current_user || ' ' || current_database()"), "paper_engine paper_engine");
    EXPECT_EQ(ask(server, "SHOW server_encoding"), "UTF8");
    EXPECT_EQ(ask(server, "SHOW listen_addresses"), "");
    EXPECT_EQ(ask(server, "SHOW fsync"), "on");
    EXPECT_EQ(ask(server, "SELECT upper('ä') || (SELECT 'Z' < 'a')"), "Ätrue");
    socket_directory = ask(server, "SHOW unix_socket_directories");
    Database(server.conninfo()).execute("CREATE TABLE t AS SELECT 42 AS a");
    server.start();  // runs already: nothing happens
    EXPECT_FALSE(processes_in(place).empty());
  }
  EXPECT_THAT(processes_in(place), IsEmpty());
  EXPECT_FALSE(fs::exists(socket_directory));
  const auto began = std::chrono::steady_clock::now();
  EmbeddedPostgres server(place, stop);
  EXPECT_TRUE(server.has_cluster());
  server.start();
  const auto took = std::chrono::steady_clock::now() - began;
  RecordProperty("second_start_ms", static_cast<int>(took / std::chrono::milliseconds(1)));
  EXPECT_EQ(ask(server, "SELECT a FROM t"), "42");
  EXPECT_EQ(ask(server, "SHOW unix_socket_directories"), socket_directory);
  server.stop();
  server.stop();
  EXPECT_FALSE(server.running());
  EXPECT_THAT(read_file(place / "server.log"), HasSubstr("database system is shut down"));
  server.start();  // and may be started again
  EXPECT_EQ(ask(server, "SELECT a FROM t"), "42");
}

TEST(EmbeddedPostgres, LetsNobodyElseIn) {
  const TempDir directory;
  const Cancellation stop;
  EmbeddedPostgres server(directory / "postgres", stop);
  server.start();
  const fs::path socket_directory = ask(server, "SHOW unix_socket_directories");
  EXPECT_EQ(fs::status(socket_directory).permissions(), fs::perms::owner_all);
  EXPECT_EQ(ask(server, "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules"), "peer");
  if (::geteuid() != 0) return;
  // Even one who gets at the socket must be a user that the map names.
  ::chmod(socket_directory.c_str(), 0755);
  ::chmod((socket_directory / ".s.PGSQL.5432").c_str(), 0777);
  ProcessOptions options;
  options.user = 65534;
  const auto finished = run({"psql", "-X", "-c", "SELECT 1", server.conninfo()}, options);
  EXPECT_EQ(finished.status, 2);
  EXPECT_THAT(finished.err, HasSubstr("Peer authentication failed"));
}

TEST(EmbeddedPostgres, HasItsOwnSessionAndNoOpenFilesOfOurs) {
  const TempDir directory;
  const Cancellation stop;
  const int file = ::open("/dev/zero", O_RDONLY);  // without O_CLOEXEC
  EmbeddedPostgres server(directory / "postgres", stop);
  server.start();
  EXPECT_EQ(::getsid(server.pid()), server.pid());
  for (const auto& entry : fs::directory_iterator("/proc/" + std::to_string(server.pid()) + "/fd")) {
    EXPECT_NE(fs::read_symlink(entry.path()), "/dev/zero");
    EXPECT_NE(fs::read_symlink(entry.path()), directory / "postgres" / "lock");
  }
  ::close(file);
}

TEST(EmbeddedPostgres, AcceptsADataFolderOfAnyLength) {
  const TempDir directory;
  const Cancellation stop;
  const auto place =
      directory.path() / std::string(200, 'a') / ("it's \\ " + std::string(150, 'b')) / "postgres";
  EmbeddedPostgres server(place, stop);
  server.start();
  EXPECT_EQ(ask(server, "SELECT 1"), "1");
  EXPECT_LE((ask(server, "SHOW unix_socket_directories") + "/.s.PGSQL.5432").size(), 107U);
}

TEST(EmbeddedPostgres, OfRootGoesElsewhereWhenItsUserCantEnterTheDataFolder) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root has this trouble";
  const TempDir directory;
  const Cancellation stop;
  const auto closed = directory / "closed";
  fs::create_directory(closed);
  ::chmod(closed.c_str(), 0700);
  EmbeddedOptions options;
  options.elsewhere = directory / "elsewhere";
  const auto place = closed / "data/postgres";
  fs::path cluster;
  {
    EmbeddedPostgres server(place, stop, options);
    server.start();
    cluster = server.cluster().path();
    EXPECT_EQ(cluster.parent_path().parent_path(), options.elsewhere);
    EXPECT_EQ(read_file(place / "postgres.location"), cluster.parent_path().string() + "\n");
    Database(server.conninfo()).execute("CREATE TABLE t AS SELECT 42 AS a");
  }
  {
    EmbeddedPostgres server(place, stop, options);
    EXPECT_TRUE(server.has_cluster());
    server.start();
    EXPECT_EQ(server.cluster().path(), cluster);
    EXPECT_EQ(ask(server, "SELECT a FROM t"), "42");
  }
  // Removing the data directory means to start from the beginning; the old files are not touched.
  fs::remove_all(closed / "data");
  EmbeddedPostgres server(place, stop, options);
  server.start();
  EXPECT_NE(server.cluster().path(), cluster);
  EXPECT_EQ(ask(server, "SELECT to_regclass('t')"), "NULL");
}

TEST(EmbeddedPostgres, OfRootRunsAnExistingClusterAsItsOwner) {
  if (::geteuid() != 0) GTEST_SKIP() << "an ordinary user has no choice";
  const TempDir directory;
  const Cancellation stop;
  const auto place = directory / "postgres";
  EmbeddedPostgres(place, stop).start();
  ASSERT_EQ(run({"chown", "-R", "nobody", (place / "cluster").string()}).status, 0);
  EmbeddedPostgres server(place, stop);
  server.start();
  struct stat process {};
  ASSERT_EQ(::stat(("/proc/" + std::to_string(server.pid())).c_str(), &process), 0);
  EXPECT_EQ(process.st_uid, 65534U);
  EXPECT_EQ(ask(server, "SELECT 1"), "1");
}

TEST(EmbeddedPostgres, DoesNotBelieveALocationOutsideOfItsOwnFolder) {
  const TempDir directory;
  const Cancellation stop;
  write_file(directory / "postgres/postgres.location", "/etc\n");
  EmbeddedPostgres server(directory / "postgres", stop);
  EXPECT_THROW(server.start(), Error);
  EXPECT_THROW(server.has_cluster(), Error);
}

TEST(EmbeddedPostgres, RefusesASocketFolderThatIsNotItsOwn) {
  const TempDir directory;
  const auto account = embedded::server_account();
  const auto path = embedded::create_socket_directory(directory.path(), account);
  EXPECT_EQ(embedded::create_socket_directory(directory.path(), account), path);
  fs::remove(path);
  fs::create_directory_symlink(directory.path(), path);
  EXPECT_THROW(embedded::create_socket_directory(directory.path(), account), Error);
  fs::remove(path);
  if (::geteuid() == 0) {
    fs::create_directory(path);
    ASSERT_EQ(::chown(path.c_str(), 54321, 54321), 0);
    EXPECT_THROW(embedded::create_socket_directory(directory.path(), account), Error);
    fs::remove(path);
  }
  fs::create_directory(path);
  ::chmod(path.c_str(), 0777);
  EXPECT_EQ(embedded::create_socket_directory(directory.path(), account), path);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  EXPECT_EQ(status.st_uid, account.uid);
  fs::remove(path);
}

TEST(EmbeddedPostgres, BeginsANewLogWhenTheOldOneHasGrown) {
  const TempDir directory;
  const Cancellation stop;
  write_file(directory / "postgres/server.log", std::string(5 << 20, 'x'));
  EmbeddedPostgres server(directory / "postgres", stop);
  server.start();
  EXPECT_LT(fs::file_size(directory / "postgres/server.log"), 100'000U);
  EXPECT_EQ(fs::file_size(directory / "postgres/server.log.1"), std::uintmax_t{5} << 20U);
}

TEST(EmbeddedPostgres, SaysWhyItDoesNotStart) {
  const TempDir directory;
  const Cancellation stop;
  EmbeddedPostgres server(directory / "postgres", stop);
  server.start();
  server.stop();
  const auto settings = server.cluster().path() / "postgresql.conf";
  write_file(settings, read_file(settings) + "\nwork_mem = 'a lot'\n");
  try {
    server.start();
    FAIL() << "it started";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::LocalIo);
    EXPECT_THAT(error.what(), HasSubstr("configuration file"));
    EXPECT_THAT(error.what(), HasSubstr("work_mem"));
    EXPECT_THAT(error.hint(), HasSubstr("server.log"));
  }
}

TEST(EmbeddedPostgres, StopAskedForWhileItIsMadeLeavesNothing) {
  const TempDir directory;
  Cancellation stop;
  EmbeddedPostgres server(directory / "postgres", stop);
  std::thread asker([&] {
    eventually([&] { return fs::exists(directory / "postgres/cluster.new/base"); });
    stop.request();
  });
  EXPECT_THROW(server.start(), Error);
  asker.join();
  server.stop();
  EXPECT_TRUE(eventually([&] { return processes_in(directory.path()).empty(); }));
}

TEST(ServerPrograms, FitTheClusterOrTheErrorSaysWhatToInstall) {
  using embedded::choose_programs;
  const std::vector<embedded::ServerPrograms> installed{{"/a", 14}, {"/b", 16}, {"/c", 15}};
  EXPECT_EQ(choose_programs(installed, std::nullopt).version, 16);
  EXPECT_EQ(choose_programs(installed, 14).directory, "/a");
  // One that isn't supported (yet) is only chosen for what it made itself.
  EXPECT_EQ(choose_programs({{"/a", 12}, {"/b", 18}, {"/c", 19}}, std::nullopt).version, 18);
  EXPECT_EQ(choose_programs({{"/a", 12}, {"/b", 18}, {"/c", 19}}, 19).version, 19);
  const auto hint = [](const auto& programs, std::optional<int> version) {
    try {
      choose_programs(programs, version);
      return std::string("none");
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), ExitCode::Configuration);
      return error.describe();
    }
  };
  EXPECT_THAT(hint(installed, 13), HasSubstr("apt-get install postgresql-13"));
  EXPECT_THAT(hint(installed, 13), HasSubstr("how to upgrade the database"));
  EXPECT_THAT(hint(std::vector<embedded::ServerPrograms>{{"/a", 12}, {"/c", 19}}, std::nullopt),
              HasSubstr("PostgreSQL (12, 19) is not supported; supported versions are 13 to 18"));
  EXPECT_THAT(hint(embedded::installed_programs("/nowhere"), std::nullopt),
              HasSubstr("apt-get install postgresql)"));
  EXPECT_FALSE(embedded::installed_programs().empty());
}

TEST(ThrowAway, IsRemoved) {
  const Cancellation stop;
  fs::path directory;
  {
    const auto server = EmbeddedPostgres::temporary(stop);
    server->start();
    directory = server->directory();
    EXPECT_EQ(ask(*server, "SHOW fsync"), "off");
    EXPECT_FALSE(processes_in(directory).empty());
  }
  EXPECT_FALSE(fs::exists(directory));
  EXPECT_THAT(processes_in(directory), IsEmpty());
}

TEST(OpenPsql, StartsTheServerForItselfOrUsesTheOneThatRuns) {
  const TempDir directory;
  const Cancellation stop;
  const auto place = directory / "it's data/postgres";
  const auto output = (directory / "output").string();
  EXPECT_THROW(embedded::open_psql(place, {}, stop, with_test_server()), Error);
  EXPECT_FALSE(fs::exists(place));
  EmbeddedPostgres server(place, stop);
  server.start();
  Database(server.conninfo()).execute("CREATE TABLE t AS SELECT 42 AS a");
  const std::vector<std::string> query{"-X", "-A", "-t", "-o", output, "-c", "SELECT a FROM t"};
  EXPECT_EQ(embedded::open_psql(place, query, stop, with_test_server()), 0);
  EXPECT_EQ(read_file(output), "42\n");
  EXPECT_TRUE(server.running());
  EXPECT_EQ(run({"sh", "-c", server.psql_command() + " -X -A -t -c 'SELECT a+1 FROM t'"}).out, "43\n");
  server.stop();
  fs::remove(output);
  EXPECT_EQ(embedded::open_psql(place, query, stop, with_test_server()), 0);
  EXPECT_EQ(read_file(output), "42\n");
  EXPECT_EQ(embedded::open_psql(place, {"-X", "-o", output, "-c", "SELECT 1/0"}, stop, with_test_server()),
            1);
  EXPECT_THAT(processes_in(place), IsEmpty());
  EXPECT_EQ(embedded::open_psql_command("paper-engine-orders", "/a b"),
            "DATA_DIR='/a b' paper-engine-orders psql");
}

}  // namespace
}  // namespace peo::test
