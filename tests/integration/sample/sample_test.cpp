// A sample means the same to PostgreSQL as its expected.json says.
#include "sample/sample.hpp"

#include <gtest/gtest.h>

#include "sample_in_postgres.hpp"
#include "support/postgres_server.hpp"

namespace peo::test {
namespace {

const std::vector<std::string> sample_tables = {"strategies", "orders", "executions"};

sample::SampleOptions options() {
  sample::SampleOptions options;
  options.strategies = 20;
  options.orders = 2'000;
  options.executions = 18'000;
  options.days = 2;
  options.orders_per_day = 150;
  options.load_files = 3;
  return options;
}

class SampleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    sample::write_sample(options(), directory_ / "bucket");
    expected_ = nlohmann::json::parse(read_file(directory_ / "bucket/expected.json"));
  }

  void load(SampleInPostgres& postgres) {
    for (const auto& file : expected_["files"])
      if (file["kind"] == "full_load") postgres.full_load(file["entity"], file["key"]);
  }

  void expect_content(const std::string& table, const nlohmann::json& content) {
    EXPECT_EQ(database_.value("SELECT count(*) FROM " + table), content["rows"].dump()) << table;
    EXPECT_EQ(database_.value(expected_["entities"][table]["checksum_sql"]), content["checksum"]) << table;
  }

  // Every figure of an order is what its executions say.
  void expect_sums() {
    EXPECT_EQ(
        database_.value("SELECT count(*) FROM orders o LEFT JOIN (SELECT order_id, sum(last_qty) AS qty,"
                        " sum(last_qty * last_px) AS traded FROM executions GROUP BY order_id) e"
                        " USING (order_id) WHERE cum_qty <> coalesce(qty, 0)"
                        " OR avg_px <> CASE WHEN cum_qty = 0 THEN 0 ELSE round(traded / cum_qty, 8) END"
                        " OR leaves_qty <> CASE WHEN ord_status IN ('A', '0', '1') THEN order_qty - cum_qty"
                        " ELSE 0 END OR (ord_status = '2') <> (cum_qty = order_qty)"),
        "0");
    EXPECT_EQ(database_.value("SELECT count(*) FROM executions e LEFT JOIN orders o USING (order_id)"
                              " WHERE o.order_id IS NULL OR o.side <> e.side"),
              "0");
    EXPECT_EQ(database_.value("SELECT count(*) FROM orders LEFT JOIN strategies s USING (strategy_id)"
                              " WHERE s.strategy_id IS NULL"),
              "0");
    EXPECT_EQ(database_.value("SELECT count(*) FROM executions later LEFT JOIN executions e"
                              " ON e.exec_id = later.exec_ref_id WHERE later.exec_type IN ('G', 'H')"
                              " AND (e.last_qty IS DISTINCT FROM 0 OR e.order_id <> later.order_id)"),
              "0");
    // The last report of an order tells the order's state.
    EXPECT_EQ(
        database_.value("SELECT count(*) FROM orders o JOIN (SELECT DISTINCT ON (order_id) * FROM executions"
                        " ORDER BY order_id, exec_id DESC) e USING (order_id)"
                        " WHERE (o.ord_status, o.cum_qty, o.leaves_qty, o.avg_px, o.cl_ord_id)"
                        " IS DISTINCT FROM (e.ord_status, e.cum_qty, e.leaves_qty, e.avg_px, e.cl_ord_id)"),
        "0");
  }

  TempDir directory_;
  TestDatabase test_database_;
  Database database_{test_database_.conninfo()};
  nlohmann::json expected_;
};

TEST_F(SampleTest, FullLoadHasTheExpectedChecksums) {
  SampleInPostgres postgres(database_, directory_ / "bucket");
  load(postgres);
  for (const std::string& table : sample_tables)
    expect_content(table, expected_["entities"][table]["after_full_load"]);
  expect_sums();
}

TEST_F(SampleTest, EveryChangeFileHasTheExpectedEffects) {
  SampleInPostgres postgres(database_, directory_ / "bucket");
  load(postgres);
  RowCounts all;
  for (const auto& file : expected_["files"]) {
    if (file["kind"] != "change") continue;
    const RowCounts effects = postgres.change(file["entity"], file["key"]);
    EXPECT_EQ(effects.created, file["created"]) << file["key"];
    EXPECT_EQ(effects.amended, file["amended"]) << file["key"];
    EXPECT_EQ(effects.removed, file["removed"]) << file["key"];
    all.created += effects.created;
    all.amended += effects.amended;
    all.removed += effects.removed;
  }
  EXPECT_GT(all.created, 0);
  EXPECT_GT(all.amended, 0);
  EXPECT_GT(all.removed, 0);
  for (const std::string& table : sample_tables) expect_content(table, expected_["entities"][table]);
  expect_sums();
}

TEST_F(SampleTest, TheChecksumSeesAnyChangeOfAValue) {
  SampleInPostgres postgres(database_, directory_ / "bucket");
  load(postgres);
  const std::string sql = expected_["entities"]["orders"]["checksum_sql"];
  const std::string before = database_.value(sql);
  for (const char* change :
       {"text = text || ' '", "avg_px = avg_px + 0.00000001", "orig_cl_ord_id = cl_ord_id",
        "transact_time = transact_time + interval '1 microsecond'", "side = '3'"}) {
    database_.execute(std::string("BEGIN; UPDATE orders SET ") + change +
                      " WHERE order_id = (SELECT min(order_id) FROM orders WHERE orig_cl_ord_id IS NULL)");
    EXPECT_NE(database_.value(sql), before) << change;
    database_.execute("ROLLBACK");
  }
  database_.execute(
      "UPDATE orders SET event_id = 7, delivery_id = 8");  // the loader's own columns don't count
  EXPECT_EQ(database_.value(sql), before);
}

TEST_F(SampleTest, ChecksumsDoNotDependOnSessionSettings) {
  SampleInPostgres postgres(database_, directory_ / "bucket");
  load(postgres);
  database_.execute(
      "SET DateStyle = 'German, DMY'; SET TimeZone = 'Asia/Tokyo'; SET extra_float_digits = 0;"
      " SET standard_conforming_strings = off; SET bytea_output = 'escape'");
  for (const std::string& table : sample_tables)
    expect_content(table, expected_["entities"][table]["after_full_load"]);
}

}  // namespace
}  // namespace peo::test
