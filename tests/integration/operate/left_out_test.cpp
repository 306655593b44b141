// Files that are not in any table are never passed over in silence: check, plan, status, the status page,
// /readyz and the metrics tell of prefixes without a table and of what is quarantined, and nobody says
// "caught up" meanwhile.
#include "fixture.hpp"
#include "support/http_get.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class LeftOut : public Verbs {
 protected:
  LeftOut() : port_(std::to_string(free_port())) {}

  // Somebody's own bucket, with none of the shipped tables.
  void strangers_bucket() {
    for (const char* table : {"customers", "items", "prices", "stores"}) {
      bucket_.load(table, 1, "1,a\n");
      bucket_.change(table, "20990101-000000001", "I,2,b\n");
    }
  }
  LoaderSettings as_service(const LoaderSettings& more = {}) const {
    auto all = settings(more);
    all.insert_or_assign("RUN_AS_SERVICE", "True");
    all.insert_or_assign("METRICS_ADDRESS", port_);
    all.insert_or_assign("MIN_SLEEP", "100ms");
    all.insert_or_assign("MAX_SLEEP", "100ms");
    return all;
  }
  std::string get(const std::string& path) const {
    return http_get(fmt::format("http://127.0.0.1:{}{}", port_, path)).body;
  }
  bool page_says(const std::string& word) const {
    if (!wait_for_port(std::stoi(port_))) return false;
    return eventually([&] {
      const auto page = json::parse(get("/status.json"), nullptr, false);
      return page.is_object() && page["state"] == word;
    });
  }
  int state_tables() const {
    return std::stoi(
        value("SELECT count(*) FROM pg_class WHERE relname IN ('strategies', 'orders', 'executions')"));
  }

  std::string port_;
};

// ENTITIES forgotten: the usual first mistake.
TEST_F(LeftOut, FoldersWithoutATableAndNoTableAtAll) {
  strangers_bucket();
  const LoaderSettings forgotten{{"ENTITIES", ""}};
  const std::string prefixes =
      "4 prefixes match no table: dbo/customers/, dbo/items/, dbo/prices/, dbo/stores/";
  const auto checked = verb({"check"}, forgotten);
  EXPECT_EQ(checked.status, 78);
  EXPECT_THAT(checked.out,
              AllOf(HasSubstr("there is no table to load into; " + prefixes),
                    HasSubstr("paper-engine-orders infer DIR"), Not(HasSubstr("No problems found"))));
  const auto planned = verb({"plan"}, forgotten);
  EXPECT_EQ(planned.status, 78);
  EXPECT_THAT(planned.out, HasSubstr("0 of 8 files can be loaded; 8 files are ignored: " + prefixes));
  const auto ran = run(forgotten);
  EXPECT_EQ(ran.status, 78);
  EXPECT_THAT(texts_of(ran.err, "ERROR"),
              testing::ElementsAre(AllOf(HasSubstr(prefixes), HasSubstr("ENTITIES=DIR"))));
  EXPECT_EQ(state_tables(), 0);
  const auto status = told({"status"}, 0, forgotten);
  EXPECT_EQ(status["state"], "ignored");
  EXPECT_EQ(status["ignored"]["files"], 8);
  EXPECT_EQ(status["ignored"]["folders"].size(), 4U);
}

TEST_F(LeftOut, FoldersWithoutATableBesideOthers) {
  strangers_bucket();
  execute(table_sql("customers", "id int PRIMARY KEY, v text") + "; CREATE INDEX ON customers (event_id)");
  const auto before = told({"plan"});
  EXPECT_EQ(before["files_total"], 2);
  EXPECT_EQ(before["ignored"]["files"], 6);
  load();
  const std::string prefixes = "3 prefixes match no table: dbo/items/, dbo/prices/, dbo/stores/";
  const auto planned = verb({"plan"});
  EXPECT_EQ(planned.status, 0);
  EXPECT_THAT(planned.out, AllOf(HasSubstr("0 of 6 files can be loaded; 6 files are ignored: " + prefixes),
                                 HasSubstr("infer DIR"), Not(HasSubstr("Up to date"))));
  EXPECT_EQ(told({"plan"})["state"], "ignored");
  EXPECT_THAT(
      verb({"status"}).out,
      AllOf(HasSubstr("ignored: " + prefixes),
            HasSubstr("Ignored: 3 prefixes with 6 files. No table of the target matches dbo/items/")));
  const auto checked = verb({"check"});
  EXPECT_EQ(checked.status, 0);
  EXPECT_THAT(checked.out, AllOf(HasSubstr("warning  loading   State: ignored: " + prefixes),
                                 Not(HasSubstr("No problems found"))));
  RunningLoader service(loader_command, as_service());
  EXPECT_TRUE(page_says("ignored")) << get("/status.json");
  EXPECT_THAT(json::parse(get("/status.json"))["why"].get<std::string>(), HasSubstr(prefixes));
  EXPECT_EQ(json::parse(get("/readyz"))["state"], "ignored");
  EXPECT_THAT(get("/metrics"),
              HasSubstr("paper_engine_orders_ignored_objects{reason=\"folder_without_table\"} 3"));
  EXPECT_EQ(service.stop(SIGTERM), 0);
  EXPECT_THAT(texts_of(service.log(), "WARNING"),
              testing::ElementsAre(HasSubstr(prefixes + "; ignoring the files there. Draft")));
}

// Each shipped table for its prefix, and no other one, in a database that may be somebody else's.
TEST_F(LeftOut, ShippedTablesAreCreatedWhereTheyAreWanted) {
  bucket_.load("Orders", 1, "");
  bucket_.load("customers", 1, "");
  const LoaderSettings wanted{{"ENTITIES", ""}};
  EXPECT_THAT(verb({"check"}, wanted).out,
              AllOf(HasSubstr("entities/002_orders.sql"), Not(HasSubstr("executions"))));
  EXPECT_EQ(told({"migrate"}, 0, wanted)["tables"], json::array({"orders"}));
  EXPECT_EQ(told({"migrate"}, 0, {{"ENTITIES", "shipped"}})["tables"],
            json::array({"executions", "orders", "strategies"}));
  // What was created before stays, and needs no prefix.
  const auto again = verb({"migrate"}, wanted);
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(again.out, "Up to date: all migrations are applied.\n");
  EXPECT_EQ(state_tables(), 3);
}

TEST_F(LeftOut, AQuarantinedFileUntilItIsReplayed) {
  two_tables();
  const LoaderSettings policy{{"BAD_ROWS", "quarantine_delivery"}};
  const auto key = bucket_.change("orders", "20990101-000000002", "U,1,x,many\n");
  load(policy);
  const auto status = told({"status"});
  EXPECT_EQ(status["state"], "quarantined");
  EXPECT_EQ(status["entities"]["orders"]["quarantined"], (json{{"files", 1}, {"rows", 0}}));
  EXPECT_EQ(status["quarantined"][0]["key"], key);
  EXPECT_THAT(verb({"status"}).out, AllOf(HasSubstr("Quarantined: " + key + " (delivery 4): "),
                                          HasSubstr("\nCorrect the file"), Not(HasSubstr("List the files"))));
  EXPECT_THAT(verb({"plan"}).out, AllOf(HasSubstr("0 of 1 file can be loaded; 1 file is quarantined"),
                                        HasSubstr("replay KEY"), Not(HasSubstr("Up to date"))));
  EXPECT_THAT(verb({"check"}).out, HasSubstr("State: quarantined: 1 file of orders is quarantined."));
  const auto verified = told({"verify"}, 65);
  EXPECT_EQ(verified["equal"], false);
  EXPECT_EQ(verified["entities"]["orders"]["equal"], false);
  EXPECT_EQ(verified["entities"]["orders"]["quarantined"], (json{{"files", 1}, {"rows", 0}}));
  EXPECT_EQ(verified["entities"]["fills"]["equal"], true);
  EXPECT_THAT(verb({"verify"}).out, AllOf(HasSubstr("orders: equal to its loaded files, 3 rows"),
                                          HasSubstr("Incomplete: 1 file is quarantined")));
  RunningLoader service(loader_command, as_service(policy));
  EXPECT_TRUE(page_says("quarantined"));
  const std::string gauge = "paper_engine_orders_quarantined_files{entity=\"orders\"}";
  EXPECT_THAT(get("/metrics"), HasSubstr(gauge + " 1"));
  EXPECT_EQ(json::parse(get("/readyz"))["state"], "quarantined");
  // Still bad: it stays. Corrected: it is gone from everywhere.
  ASSERT_EQ(verb({"replay", key}).status, 0);
  ASSERT_TRUE(service.says("Delivery 5: quarantined (BAD_ROWS"));
  EXPECT_TRUE(page_says("quarantined"));
  bucket_.change("orders", "20990101-000000002", "U,1,x,5\n");
  EXPECT_TRUE(page_says("caught up")) << get("/status.json");
  EXPECT_THAT(get("/metrics"), HasSubstr(gauge + " 0"));
  EXPECT_EQ(service.stop(SIGTERM), 0);
  EXPECT_EQ(verb({"verify"}).status, 0);
  EXPECT_EQ(told({"status"})["state"], "caught up");
}

// What is loaded of the file stays; that its other rows are left out is then an operator's decision.
TEST_F(LeftOut, RejectedRowsUntilTheirFileIsSkipped) {
  two_tables();
  const LoaderSettings policy{{"BAD_ROWS", "quarantine_row"}};
  const auto key = bucket_.change("orders", "20990101-000000002", "U,1,x,many\nI,9,y,1\n");
  load(policy);
  EXPECT_EQ(told({"status"})["state"], "quarantined");
  EXPECT_THAT(verb({"status"}).out, HasSubstr("Rejected 1 row: " + key));
  EXPECT_THAT(verb({"plan"}).out, HasSubstr("\n1 row is rejected.\n"));
  EXPECT_EQ(told({"verify"}, 65, policy)["entities"]["orders"]["quarantined"],
            (json{{"files", 0}, {"rows", 1}}));
  // The file is read as a delivery that isn't in the ledger.
  EXPECT_THAT(verb({"verify"}, policy).err, Not(HasSubstr("Delivery ")));
  const auto asked = told({"skip", key, "--reason", "known"});
  EXPECT_THAT(asked["requests"][0]["state"].get<std::string>(), HasSubstr("without 1 rejected row"));
  load(policy);
  EXPECT_EQ(told({"status"})["state"], "caught up");
  EXPECT_EQ(told({"verify"}, 0, policy)["equal"], true);
  EXPECT_EQ(query("SELECT v FROM orders WHERE id = 9"), std::vector<std::string>{"y"});
  EXPECT_EQ(
      query(
          "SELECT turn, status, rejected FROM loader_deliveries WHERE delivery_id > 3 ORDER BY delivery_id"),
      (std::vector<std::string>{"1|loaded|1", "2|skipped|0"}));
  EXPECT_EQ(verb({"skip", key, "--reason", "again"}).status, 0);  // it is no loaded file any more
  EXPECT_EQ(verb({"skip", "dbo/orders/20990101-000000001.csv.gz", "--reason", "x"}).status, 65);
}

// A reload brings the whole table: what an earlier file lacked is in it.
TEST_F(LeftOut, AReloadResolvesWhatWasQuarantinedBefore) {
  execute(table_sql("t", "id int PRIMARY KEY, v int"));
  const LoaderSettings policy{{"BAD_ROWS", "quarantine_delivery"}, {"RELOAD_SETTLE", "0"}};
  bucket_.load("t", 1, "1,1\n");
  bucket_.change("t", "20200101-000000001", "U,1,bad\n");
  load(policy);
  EXPECT_EQ(told({"status"})["state"], "quarantined");
  bucket_.load("t", 1, "1,2\n2,2\n");
  load(policy);
  EXPECT_EQ(value("SELECT max(generation) FROM loader_deliveries"), "2");
  EXPECT_EQ(told({"status"})["state"], "caught up");
}

// A client of the port reads where a row was refused and why, but nothing of the row.
TEST_F(LeftOut, ThePageShowsNoValues) {
  execute(table_sql("t", "id int PRIMARY KEY, v text UNIQUE CHECK (v <> 's3cr3t-check'), n int NOT NULL"));
  bucket_.load("t", 1, "1,s3cr3t-unique,1\n");
  bucket_.change("t", "20990101-000000001", "I,2,a,s3cr3t-number\n");
  bucket_.change("t", "20990101-000000002", "I,2,s3cr3t-unique,1\n");
  bucket_.change("t", "20990101-000000003", "I,2,s3cr3t-check,1\n");
  bucket_.change("t", "20990101-000000004", "s3cr3t-op,2,a,1\n");
  bucket_.change("t", "20990101-000000005", "I,2,a,1,s3cr3t-wide,s3cr3t\n");
  bucket_.change("t", "20990101-000000006", "I,2,s3cr3t-null,\n");
  bucket_.change("t", "20990101-000000007", "I,2,\"s3cr3t-quote,1\n");
  for (const char* policy : {"quarantine_delivery", "quarantine_row"}) {
    RunningLoader service(loader_command, as_service({{"BAD_ROWS", policy}}));
    const bool rows = std::string(policy) == "quarantine_row";
    EXPECT_TRUE(rows ? service.says("s3cr3t-number") : page_says("quarantined")) << service.log();
    EXPECT_TRUE(eventually([&] { return get("/status.json").find("22P02") != std::string::npos; }));
    for (const char* path : {"/status.json", "/readyz", "/healthz", "/metrics"})
      EXPECT_THAT(get(path), Not(HasSubstr("s3cr3t"))) << policy << path;
    const auto page = get("/status.json");
    EXPECT_THAT(page, AllOf(HasSubstr("line 1 column n"), HasSubstr("SQLSTATE 22P02"),
                            HasSubstr("not valid for its column's type")))
        << policy;
    service.stop(SIGTERM);
    EXPECT_THAT(service.log(), HasSubstr("s3cr3t-number"));
    execute(
        "TRUNCATE loader_deliveries, t, loader_rejects; UPDATE loader_state SET last_full_listing_at = NULL");
    // What concerns a whole file ends a service that rejects rows.
    for (const char* number : {"4", "5", "7"})
      bucket_.remove(fmt::format("dbo/t/20990101-00000000{}.csv.gz", number));
  }
}

}  // namespace
}  // namespace peo::test
