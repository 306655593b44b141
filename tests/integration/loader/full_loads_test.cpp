// First full loads that are more than one transaction: over several connections, or in parts. The table ends
// as with one, and a load that breaks off leaves nothing that the ledger doesn't know.
#include <fmt/format.h>

#include "fixture.hpp"
#include "support/citus.hpp"
#include "support/gate.hpp"

namespace peo::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class FullLoads : public LoaderTest {
 protected:
  void SetUp() override {
    execute(table_sql("orders", "id bigint PRIMARY KEY, code text, note text") +
            "; CREATE INDEX orders_code ON orders (code); CREATE INDEX orders_event_id ON orders (event_id)");
  }

  // Hardly compressible, so that the objects are as big as they must be.
  std::string rows(int first, int count) {
    std::string text;
    for (int i = first; i < first + count; ++i) {
      text += fmt::format("{}", i);
      for (int k = 0; k < 2; ++k) {
        seed_ = seed_ * 6364136223846793005U + 1442695040888963407U;
        text += fmt::format(",{:016x}{:08x}", seed_, seed_ >> 7U & 0xffffffffU);
      }
      text += '\n';
    }
    return text;
  }
  void big_load() {
    bucket_.load("orders", 1, rows(1, 90'000));
    bucket_.load("orders", 2, rows(90'001, 90'000));
  }

  // Rows with all that the loader adds, the ledger, the counters; the indexes.
  std::vector<std::string> all() const {
    return query(
        "SELECT md5(string_agg(o::text, '' ORDER BY id)), count(*), (SELECT "
        "string_agg(pg_get_indexdef(indexrelid), ';' ORDER "
        "BY indexrelid::regclass::text COLLATE \"C\") FROM pg_index WHERE indrelid = 'orders'::regclass AND "
        "indisvalid),"
        " (SELECT count(*) FROM pg_constraint WHERE conrelid = 'orders'::regclass AND contype = 'p'),"
        " (SELECT string_agg(concat_ws(' ', delivery_id, object_key, rows_read, created, amended, "
        "max_event_id, status), ';' "
        "ORDER BY delivery_id) FROM loader_deliveries),"
        " (SELECT concat_ws(' ', last_event_id, last_delivery_id) FROM loader_state),"
        " (SELECT count(*) FROM loader_full_loads) FROM orders o");
  }
  // As one connection and one transaction would have it.
  std::vector<std::string> expected() {
    execute("CREATE SCHEMA aside; ALTER TABLE orders SET SCHEMA aside");
    SetUp();
    const auto own = value(
        "SELECT string_agg(format('ALTER TABLE public.%I SET SCHEMA aside', relname), ';') FROM pg_class "
        "WHERE "
        "relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') AND relname LIKE 'loader\\_%'");
    execute(own);
    load();
    return all();
  }

  // Not on Citus, where each shard has its own.
  void expect_transactions(const std::string& count) const {
    if (CitusCluster::wanted()) return;
    EXPECT_EQ(value("SELECT count(DISTINCT xmin::text) FROM orders"), count);
  }

  std::uint64_t seed_ = 1;
};

TEST_F(FullLoads, SeveralConnectionsMakeTheSameTable) {
  big_load();
  const auto log = load({{"FULL_LOAD_CONNECTIONS", "3"}});
  EXPECT_THAT(log, HasSubstr("Loading orders over 3 connections"));
  expect_transactions("3");
  const auto made = all();
  EXPECT_EQ(made, expected());
}

// Each built as it was: those that can be built at the same time, and those that can't.
TEST_F(FullLoads, IndexesOfEveryKindAreBuiltAsTheyWere) {
  execute(
      "ALTER TABLE orders ADD CONSTRAINT \"Once\" UNIQUE (code, note) INCLUDE (id) DEFERRABLE INITIALLY "
      "DEFERRED, ADD CONSTRAINT later UNIQUE (note, id) DEFERRABLE, ADD UNIQUE (code, id), ADD CONSTRAINT "
      "apart "
      "EXCLUDE USING btree (code WITH =, id WITH =) WHERE (id > 10);"
      "CREATE UNIQUE INDEX ON orders (note) INCLUDE (code) WITH (fillfactor = 80) WHERE id > 5;"
      "CREATE INDEX \"Odd name\" ON orders (lower(code) text_pattern_ops DESC NULLS LAST, (id % 3))");
  const auto indexes = [&] {
    return query(
        "SELECT pg_get_indexdef(i.indexrelid), pg_get_constraintdef(k.oid), k.conname, k.contype, "
        "indisunique, "
        "indisprimary, indisexclusion, indimmediate, indisvalid, reloptions FROM pg_index i JOIN pg_class c "
        "ON "
        "c.oid = indexrelid LEFT JOIN pg_constraint k ON conindid = indexrelid WHERE indrelid = "
        "'orders'::regclass ORDER BY relname COLLATE \"C\"");
  };
  const auto before = indexes();
  ASSERT_EQ(before.size(), 9U);
  big_load();
  const auto log = load({{"FULL_LOAD_CONNECTIONS", "2"}});
  EXPECT_THAT(log, Not(HasSubstr("during the load")));
  expect_transactions("2");
  EXPECT_EQ(indexes(), before);
}

TEST_F(FullLoads, AKeyThatComesTwiceOverSeveralConnections) {
  big_load();
  bucket_.load("orders", 3, "7,again,x\n");
  const auto log = load({{"FULL_LOAD_CONNECTIONS", "2"}});
  EXPECT_THAT(log, HasSubstr("a faster load method"));
  EXPECT_EQ(value("SELECT code FROM orders WHERE id = 7"), "again");
  const auto made = all();
  EXPECT_EQ(made, expected());
}

// One of the connections is held up at the server: the other takes the rows.
TEST_F(FullLoads, NoConnectionWaitsForAnother) {
  if (postgres_major() < 14) GTEST_SKIP() << "pg_stat_progress_copy is in PostgreSQL 14 and newer.";
  execute(
      "CREATE SEQUENCE turn; CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
      "nextval('public.turn') = 2 THEN PERFORM pg_advisory_xact_lock(1, 2); END IF; RETURN NULL; END $$;"
      "CREATE TRIGGER wait BEFORE INSERT ON orders FOR EACH STATEMENT EXECUTE FUNCTION wait()");
  bucket_.load("orders", 1, rows(1, 180'000));
  Database holder(database_.conninfo());
  holder.execute("SELECT pg_advisory_lock(1, 2)");
  RunningLoader loader(loader_command, settings({{"FULL_LOAD_CONNECTIONS", "2"}}));
  EXPECT_TRUE(eventually([&] {
    return value(
               "SELECT coalesce(max(tuples_processed), 0) > 90000 FROM pg_stat_progress_copy WHERE relid = "
               "'orders'::regclass") == "t";
  })) << loader.log();
  holder.execute("SELECT pg_advisory_unlock(1, 2)");
  EXPECT_EQ(loader.process().wait(), 0) << loader.log();
  EXPECT_EQ(value("SELECT count(*) || ' ' || count(DISTINCT id) FROM orders"), "180000 180000");
}

// A key that a foreign key needs stays; the others are put aside all the same. A key that comes twice would
// make one connection wait for the other, so there is one.
TEST_F(FullLoads, WhatDependsOnAnIndexKeepsThatOneAlone) {
  execute(
      "CREATE TABLE parts (order_id bigint REFERENCES orders);"
      "COMMENT ON INDEX orders_code IS 'for the desk'");
  const auto before = query("SELECT indexdef FROM pg_indexes WHERE tablename = 'orders' ORDER BY indexname");
  bucket_.load("orders", 1, rows(1, 180'000) + "7,again,x\n");
  const LoaderSettings connections{{"FULL_LOAD_CONNECTIONS", "2"}};
  const auto log = load(connections);
  EXPECT_THAT(log,
              HasSubstr("keeping index public.orders_pkey during the load: constraint parts_order_id_fkey on "
                        "table public.parts depends on it."));
  EXPECT_THAT(log, HasSubstr("keeping index public.orders_code during the load: it has a comment."));
  EXPECT_THAT(log, Not(HasSubstr("orders_event_id")));
  EXPECT_THAT(log, Not(HasSubstr("over 2 connections")));
  EXPECT_EQ(query("SELECT indexdef FROM pg_indexes WHERE tablename = 'orders' ORDER BY indexname"), before);
  EXPECT_EQ(value("SELECT count(*) || ' ' || (SELECT code FROM orders WHERE id = 7) FROM orders"),
            "180000 again");
}

TEST_F(FullLoads, ASmallLoadTakesOneConnection) {
  bucket_.load("orders", 1, rows(1, 10));
  EXPECT_THAT(load({{"FULL_LOAD_CONNECTIONS", "3"}}), Not(HasSubstr("connections")));
  EXPECT_EQ(value("SELECT count(*) FROM loader_full_loads"), "0");
}

TEST_F(FullLoads, AValueForTheServerEndsTheOtherConnectionsToo) {
  bucket_.load("orders", 1, rows(1, 90'000));
  bucket_.load("orders", 2, rows(90'001, 60'000) + "18446744073709551616,too,much\n" + rows(150'001, 30'000));
  const auto refused = run({{"FULL_LOAD_CONNECTIONS", "2"}});
  EXPECT_EQ(refused.status, 65) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("LOAD00000002.csv.gz line 60001"));
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM pg_index WHERE indrelid = 'orders'::regclass AND indisvalid"), "3");
  EXPECT_EQ(value("SELECT count(*) FROM loader_full_loads"), "0");
}

TEST_F(FullLoads, ABadRowIsSetAside) {
  big_load();
  bucket_.load("orders", 3, "9999999,a,b\n18446744073709551616,too,much\n");
  load({{"FULL_LOAD_CONNECTIONS", "2"}, {"BAD_ROWS", "quarantine_row"}});
  EXPECT_EQ(value("SELECT count(*) || ' ' || count(DISTINCT id) FROM orders"), "180001 180001");
  EXPECT_EQ(query("SELECT delivery_id, line, column_name FROM loader_rejects"),
            (std::vector<std::string>{"3|2|id"}));
  EXPECT_EQ(value("SELECT count(*) FROM pg_index WHERE indrelid = 'orders'::regclass AND indisvalid"), "3");
  EXPECT_EQ(value("SELECT count(*) FROM loader_full_loads"), "0");
}

// Between the others' commits and its own: their rows are there, the ledger doesn't know them.
TEST_F(FullLoads, KilledBeforeItsLastCommit) {
  big_load();
  RunningLoader loader(loader_command, settings({{"FULL_LOAD_CONNECTIONS", "2"}}));
  ASSERT_TRUE(eventually([&] {
    return value("SELECT to_regclass('loader_full_loads') IS NOT NULL") == "t" &&
           value("SELECT count(*) FROM loader_full_loads") == "1";
  }));
  Database reader(database_.conninfo());
  reader.execute("BEGIN; LOCK TABLE orders IN ACCESS SHARE MODE");  // the key can't be built
  // By the session that has the lock: others wait behind the one that builds the key.
  ASSERT_TRUE(eventually([&] { return reader.value("SELECT count(*) > 0 FROM orders") == "t"; }));
  loader.kill();
  reader.execute("COMMIT");
  EXPECT_EQ(value("SELECT count(*) FROM loader_deliveries"), "0");
  run_after_crash(settings({{"FULL_LOAD_CONNECTIONS", "2"}}));
  const auto made = all();
  EXPECT_EQ(made, expected());
}

// The same, but it is only paused: another loader ends its sessions and puts the table in order.
TEST_F(FullLoads, PausedBeforeItsLastCommit) {
  big_load();
  const auto service = settings({{"FULL_LOAD_CONNECTIONS", "2"},
                                 {"RUN_AS_SERVICE", "True"},
                                 {"MIN_SLEEP", "100ms"},
                                 {"MAX_SLEEP", "200ms"},
                                 {"TAKE_OVER_SECONDS", "3"}});
  RunningLoader first(loader_command, service);
  ASSERT_TRUE(first.says("Loading orders over 2 connections"));
  Database reader(database_.conninfo());
  reader.execute("BEGIN; LOCK TABLE orders IN ACCESS SHARE MODE");
  ASSERT_TRUE(eventually([&] { return reader.value("SELECT count(*) > 0 FROM orders") == "t"; }));
  first.process().signal(SIGSTOP);
  RunningLoader second(loader_command, service);
  ASSERT_TRUE(second.says("taking over", std::chrono::seconds(60))) << second.log();
  reader.execute("COMMIT");
  ASSERT_TRUE(eventually([&] { return value("SELECT count(*) FROM loader_deliveries") == "2"; }))
      << second.log();
  first.process().signal(SIGCONT);
  ASSERT_TRUE(first.says("Standing by")) << first.log();
  EXPECT_EQ(first.stop(SIGTERM), 0) << first.log();
  EXPECT_EQ(second.stop(SIGTERM), 0) << second.log();
  const auto made = all();
  EXPECT_EQ(made, expected());
}

// At its end: the indexes are created at the same time, each committed by itself, then made the key, then the
// load is recorded. The SQL of the indexes is sent twice, first in the note of what is to be built.
struct EndOfLoad {
  std::string name;
  GateRule at;
  bool kill;           // else its sessions are ended, and it goes on by itself
  std::string left{};  // indexes that are there then, where it's sure
};

class FullLoadsEnd : public FullLoads, public testing::WithParamInterface<EndOfLoad> {};

TEST_P(FullLoadsEnd, BrokenOff) {
  const auto& end = GetParam();
  big_load();
  Gate gate(database_.port());
  const auto target = settings({{"FULL_LOAD_CONNECTIONS", "2"},
                                {"RETRY_SECONDS", "60"},
                                // Citus enables TLS, through which the gate can't read.
                                {"TARGET", fmt::format("{} host=127.0.0.1 port={} sslmode=disable",
                                                       database_.conninfo(), gate.port())}});
  std::unique_ptr<RunningLoader> loader;
  std::string recorded;
  auto rule = end.at;
  rule.action = [&] {
    recorded = value("SELECT count(*) FROM loader_deliveries");
    if (end.kill) {
      loader->process().signal(SIGKILL);
      return Fate::Cut;
    }
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
        "application_name = 'paper-engine-orders'");
    return Fate::Pass;
  };
  gate.at(rule);
  loader = std::make_unique<RunningLoader>(loader_command, target);
  const auto status = loader->process().wait(std::chrono::minutes(2));
  EXPECT_TRUE(gate.rule_used()) << loader->log();
  EXPECT_EQ(recorded, "0");
  EXPECT_EQ(status, end.kill ? 128 + SIGKILL : 0) << loader->log();
  if (end.kill) {
    EXPECT_EQ(value("SELECT count(*) FROM loader_deliveries"), "0");
    if (!end.left.empty()) {
      EXPECT_EQ(value("SELECT count(*) FROM pg_index WHERE indrelid = 'orders'::regclass"), end.left);
    }
    run_after_crash(settings({{"FULL_LOAD_CONNECTIONS", "2"}}));
  }
  const auto made = all();
  EXPECT_EQ(made, expected());
}

INSTANTIATE_TEST_SUITE_P(
    At, FullLoadsEnd,
    testing::Values(
        EndOfLoad{"ItIsNoted", {.statement = "full_load_begun"}, true, "3"},
        EndOfLoad{"AnotherConnectionHoldsIt", {.statement = "full_load_goes_on"}, false},
        EndOfLoad{"ItsRowsAreIn", {.statement = "full_load_goes_on", .nth = 2}, true, "0"},
        EndOfLoad{"TheFirstIndexIsCreated",
                  {.words = "CREATE UNIQUE INDEX", .nth = 2, .moment = Moment::AfterAnswer},
                  true},
        EndOfLoad{"TheLastIndexIsToBeCreated", {.words = "CREATE INDEX orders_event_id", .nth = 2}, false},
        EndOfLoad{"TheKeyIsToBeMade", {.words = "USING INDEX orders_pkey", .nth = 2}, true, "3"},
        EndOfLoad{"ItIsToBeRecorded", {.statement = "record"}, true, "3"}),
    [](const auto& point) { return point.param.name; });

}  // namespace
}  // namespace peo::test
