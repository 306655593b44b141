// The PostgreSQL servers that the tests start: passwords, restarts after a crash, reproducible dumps.
#include <gtest/gtest.h>

#include "support/database.hpp"
#include "support/postgres_server.hpp"

namespace peo::test {
namespace {

TEST(PostgresServer, AsksEverybodyButTheSuperuserForThePassword) {
  const TestDatabase database;
  auto& server = shared_postgres();
  Database(database.conninfo()).execute("CREATE ROLE anna LOGIN PASSWORD 'right'");
  EXPECT_EQ(Database(server.conninfo(database.name(), "anna", "right")).value("SELECT current_user"), "anna");
  EXPECT_THROW(Database(server.conninfo(database.name(), "anna", "wrong")), std::runtime_error);
}

TEST(PostgresServer, KeepsItsDataOverACrashAndARestart) {
  PostgresServer server;
  const auto conninfo = server.create_database("kept");
  Database(conninfo).execute("CREATE TABLE t AS SELECT 42 AS a");
  const int before = server.pid();
  server.stop(StopMode::Kill);
  EXPECT_FALSE(server.running());
  server.start();
  EXPECT_NE(server.pid(), before);
  EXPECT_EQ(Database(conninfo).value("SELECT a FROM t"), "42");
  server.stop(StopMode::Fast);
  server.settings()["work_mem"] = "7MB";
  server.start();
  EXPECT_EQ(Database(conninfo).value("SHOW work_mem"), "7MB");
  EXPECT_EQ(Database(conninfo).value("SHOW fsync"), "off");
}

TEST(PostgresServer, DumpsOfTheSameDatabaseAreTheSame) {
  const TestDatabase database;
  Database(database.conninfo()).execute("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (NULL)");
  const auto first = dump(database.conninfo());
  EXPECT_EQ(first, dump(database.conninfo()));
  Database(database.conninfo()).execute("UPDATE t SET a = 2 WHERE a = 1");
  EXPECT_NE(first, dump(database.conninfo()));
  Database(database.conninfo()).execute("UPDATE t SET a = 1 WHERE a = 2");
  Database(database.conninfo()).execute("COMMENT ON COLUMN t.a IS 'a'");
  EXPECT_NE(first, dump(database.conninfo()));
  EXPECT_EQ(Database(database.conninfo()).rows("SELECT a FROM t ORDER BY a"),
            (std::vector<Row>{{"1"}, {std::nullopt}}));
}

}  // namespace
}  // namespace peo::test
