// What the loader does on a Citus coordinator, without Citus: the catalogue is mimicked in a plain database,
// whose tables stay where they are. The statements themselves are tried on a real cluster (support/citus.hpp,
// Citus.… below).
#include "support/citus.hpp"

#include <fmt/format.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "../loader/fixture.hpp"

namespace peo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* catalogue = R"(
SET allow_system_table_mods = on;
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
VALUES (1, 'citus', 10, 'pg_catalog'::regnamespace, false, '13.2-1');
CREATE TABLE pg_catalog.pg_dist_local_group AS SELECT 0 AS groupid;
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass, partmethod "char", partkey text, repmodel "char");
CREATE TABLE pg_catalog.pg_dist_shard (logicalrelid regclass, shardid bigint);
CREATE TABLE pg_catalog.mimicked_workers (nodename text, nodeport integer, success boolean, prepared text, unfinished text);
INSERT INTO pg_catalog.mimicked_workers VALUES ('a', 5432, true, '300', '0'), ('b', 5432, true, '300', '0');
GRANT SELECT ON ALL TABLES IN SCHEMA pg_catalog TO PUBLIC;
CREATE FUNCTION pg_catalog.column_to_column_name(regclass, text) RETURNS text LANGUAGE sql AS 'SELECT $2';
CREATE FUNCTION pg_catalog.recover_prepared_transactions() RETURNS integer LANGUAGE sql AS 'SELECT 0';
CREATE FUNCTION pg_catalog.run_command_on_workers(command text)
RETURNS TABLE (nodename text, nodeport integer, success boolean, result text) LANGUAGE sql
AS 'SELECT nodename, nodeport, success, CASE WHEN command LIKE ''SHOW%'' THEN prepared ELSE unfinished END
    FROM pg_catalog.mimicked_workers';
)";

class MimickedCitus : public LoaderTest {
 protected:
  void SetUp() override {
    if (CitusCluster::wanted()) GTEST_SKIP() << "A Citus cluster has a catalogue of its own.";
    execute(catalogue);
  }
  void mimic(const std::string& sql) const { execute("SET allow_system_table_mods = on; " + sql); }
  Finished check() const { return run_loader({program(), {"check"}}, settings()); }
};

TEST_F(MimickedCitus, AWorkerIsRefused) {
  mimic("UPDATE pg_catalog.pg_dist_local_group SET groupid = 2");
  const auto ran = run();
  EXPECT_EQ(ran.status, 78);
  EXPECT_THAT(ran.err, HasSubstr("is a worker of a Citus cluster"));
  const auto checked = check();
  EXPECT_EQ(checked.status, 78);
  EXPECT_THAT(checked.out, HasSubstr("Set TARGET to the coordinator."));
}

TEST_F(MimickedCitus, CheckAndStatusDescribeTheCluster) {
  execute(table_sql("orders", "id int PRIMARY KEY") + ";" + table_sql("fills", "id int PRIMARY KEY") + ";" +
          table_sql("notes", "id int PRIMARY KEY"));
  bucket_.load("orders", 1, "1\n");
  mimic(
      "INSERT INTO pg_catalog.pg_dist_partition VALUES ('orders', 'h', 'id', 's'), ('fills', 'n', NULL, 't');"
      "INSERT INTO pg_catalog.pg_dist_shard SELECT 'orders', n FROM generate_series(1, 32) n;"
      "INSERT INTO pg_catalog.pg_dist_shard VALUES ('fills', 33)");
  EXPECT_THAT(check().out,
              HasSubstr("Citus 13.2-1 with 2 workers: fills (reference), orders by id (32 shards)."));
  EXPECT_THAT(check().out, HasSubstr("shard_count := 4"));
  load();
  EXPECT_THAT(run_loader({program(), {"status", "--no-bucket"}}, settings()).out,
              HasSubstr("Citus 13.2-1 with 2 workers: orders by id (32 shards)"));
  mimic("UPDATE pg_catalog.mimicked_workers SET success = false, prepared = 'refused' WHERE nodename = 'b'");
  EXPECT_EQ(check().status, 75);
  EXPECT_THAT(check().out, HasSubstr("the Citus worker b:5432 doesn't answer: refused"));
}

TEST_F(MimickedCitus, AColumnarTableIsRefused) {
  execute("CREATE ACCESS METHOD columnar TYPE TABLE HANDLER heap_tableam_handler");
  execute(table_sql("t", "id int PRIMARY KEY") + " USING columnar");
  bucket_.load("t", 1, "1\n");
  const auto ran = run();
  EXPECT_EQ(ran.status, 78);
  EXPECT_THAT(ran.err, HasSubstr("stored in columnar format"));
  EXPECT_THAT(check().out, HasSubstr("stored in columnar format"));
}

// The new table isn't in Citus's catalogue: it would be local, and its rows on the coordinator.
TEST_F(MimickedCitus, ADistributedTableIsNotRecreatedAsALocalOne) {
  const TempDir folder;
  const auto write = [&](const std::string& columns) {
    write_file(folder.path() / "001_t.sql", table_sql("t", columns) + ";");
  };
  const LoaderSettings all{{"ENTITIES", folder.path().string()}};
  write("id int PRIMARY KEY");
  bucket_.load("t", 1, "1\n");
  load(all);
  mimic("INSERT INTO pg_catalog.pg_dist_partition VALUES ('t', 'h', 'id', 's')");
  write("id bigint PRIMARY KEY");
  const auto refused = run_loader({program(), {"migrate", "--recreate"}}, settings(all));
  EXPECT_EQ(refused.status, 78);
  EXPECT_THAT(refused.err, HasSubstr("it is distributed by id, and would be local"));
  EXPECT_EQ(value("SELECT count(*) FROM t"), "1");
}

// Small deliveries are one transaction. One that fails takes the others back with it, and they are loaded all
// the same.
TEST_F(MimickedCitus, SmallDeliveriesAreOneTransaction) {
  execute(table_sql("t", "id int PRIMARY KEY, v int"));
  bucket_.change("t", "20220101-000000001", "I,1,1\nI,2,2\n");
  bucket_.change("t", "20220101-000000002", "U,1,5\n");
  bucket_.change("t", "20220101-000000003", "D,2,\n");
  load();
  EXPECT_THAT(query("SELECT count(*) FROM loader_deliveries GROUP BY xmin::text"), ElementsAre("3"));
  EXPECT_THAT(ledger_counts(), ElementsAre("2|0|0", "0|1|0", "0|0|1"));
  for (int i = 4; i < 8; ++i)
    bucket_.change("t", "20220101-00000000" + std::to_string(i),
                   i == 6 ? "I,6,x\n" : "I," + std::to_string(i) + ",4\n");
  load({{"BAD_ROWS", "quarantine_row"}});
  EXPECT_THAT(
      query("SELECT delivery_id, created, rejected FROM loader_deliveries WHERE delivery_id > 3 ORDER BY 1"),
      ElementsAre("4|1|0", "5|1|0", "6|0|1", "7|1|0"));
  EXPECT_EQ(value("SELECT visible_event_id = last_event_id FROM loader_state"), "t");
}

// What is checked only with the commit names no delivery.
TEST_F(MimickedCitus, ACommitThatIsRefusedConcernsOneDelivery) {
  execute(table_sql("t", "id int PRIMARY KEY, p int REFERENCES t DEFERRABLE INITIALLY DEFERRED"));
  for (const auto* const rows : {"1,", "2,99", "3,"})
    bucket_.change("t", fmt::format("20220101-00000000{}", *rows), fmt::format("I,{}\n", rows));
  const auto ran = run();
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(texts_of(ran.err, "ERROR"), ElementsAre(HasSubstr("20220101-000000002.csv.gz")));
  EXPECT_THAT(query("SELECT id FROM t"), ElementsAre("1"));
  load({{"BAD_ROWS", "quarantine_delivery"}});
  EXPECT_THAT(query("SELECT id FROM t ORDER BY 1"), ElementsAre("1", "3"));
  EXPECT_EQ(value("SELECT visible_event_id = last_event_id FROM loader_state"), "t");
}

// On the workers, the role may lack the privilege to lock it. (Citus creates no views of local tables there.)
TEST_F(MimickedCitus, TheWritersViewIsNotCreatedOnTheWorkers) {
  execute(
      "CREATE FUNCTION propagate() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN "
      "IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = "
      "'public.loader_writer') "
      "AND coalesce(current_setting('citus.enable_ddl_propagation', true), '') <> 'off' THEN "
      "RAISE 'created on all nodes'; END IF; END $$;"
      "CREATE EVENT TRIGGER propagate ON ddl_command_end WHEN TAG IN ('CREATE VIEW') "
      "EXECUTE FUNCTION propagate()");
  execute(table_sql("t", "id int PRIMARY KEY"));
  load();
}

// Of a transaction that a worker has not finished, rows are missing: nothing may be read or written before.
TEST_F(MimickedCitus, AnUnfinishedCommitIsWaitedFor) {
  execute(table_sql("t", "id int PRIMARY KEY"));
  bucket_.load("t", 1, "1\n");
  load();
  execute("UPDATE loader_state SET visible_event_id = 0");
  mimic("UPDATE pg_catalog.mimicked_workers SET unfinished = '1' WHERE nodename = 'a'");
  bucket_.change("t", "20990101-000000001", "I,2\n");
  RunningLoader loader(loader_command, settings({{"RUN_AS_SERVICE", "True"}}));
  EXPECT_TRUE(loader.says("the Citus worker a:5432 has not finished a transaction of the loader yet",
                          std::chrono::seconds(60)));
  EXPECT_EQ(value("SELECT visible_event_id FROM loader_state"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM t"), "1");
  mimic("UPDATE pg_catalog.mimicked_workers SET unfinished = '0'");
  EXPECT_TRUE(eventually([&] { return value("SELECT visible_event_id FROM loader_state") == "2"; }));
  EXPECT_EQ(loader.stop(SIGTERM), 0);
}

// On a real cluster, with the tables distributed by support/citus.hpp.
class Citus : public LoaderTest {
 protected:
  void SetUp() override {
    if (!CitusCluster::wanted()) GTEST_SKIP() << "PEO_TEST_CITUS names no Citus coordinator.";
  }
};

TEST_F(Citus, TheSampleIsEqualInEitherDistribution) {
  const TempDir directory;
  const auto written = run_loader({program(),
                                   {"sample", "--orders", "500", "--executions", "2000", "--days", "1",
                                    (directory.path() / "sample").string()}},
                                  {});
  ASSERT_EQ(written.status, 0) << written.err;
  const auto expected = nlohmann::json::parse(read_file(directory.path() / "sample" / "expected.json"));
  for (const bool by_order : {false, true}) {
    TestDatabase database;
    Database target(database.conninfo());
    auto all = settings({{"TARGET", database.conninfo()},
                         {"SOURCE", "bucket_path=" + (directory.path() / "sample").string()},
                         {"ENTITIES", "shipped"}});
    if (by_order) {
      target.execute("ALTER EVENT TRIGGER distribute DISABLE");
      EXPECT_EQ(run_loader({program(), {"migrate"}}, all).status, 0);
      target.execute(read_file(source_dir() / "deploy/citus/distribute-by-order.sql"));
    }
    const auto ran = run_loader(loader_command, all);
    EXPECT_EQ(ran.status, 0) << ran.err;
    for (const auto& [name, entity] : expected.at("entities").items())
      EXPECT_EQ(target.value(entity.at("checksum_sql").get<std::string>()),
                entity.at("checksum").get<std::string>())
          << name << by_order;
    EXPECT_EQ(run_loader({program(), {"verify"}}, all).status, 0);
    EXPECT_EQ(target.value("SELECT visible_event_id = last_event_id FROM loader_state"), "t");
  }
}

}  // namespace
}  // namespace peo::test
