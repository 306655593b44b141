// A bucket directory into PostgreSQL: what the contract's table "Changes" says, and what is in the
// ledger.
#include <fmt/format.h>

#include "base/change_message.hpp"
#include "fixture.hpp"
#include "support/process.hpp"

namespace peo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using FolderLoad = LoaderTest;

TEST_F(FolderLoad, FullLoadThenChangesInOrder) {
  execute(table_sql("orders", "id bigint PRIMARY KEY, qty int NOT NULL, note text"));
  bucket_.change("orders", "20220922-100000000", "U,2,21,later\nI,4,40,\n");
  bucket_.change("orders", "20220922-095853123", "U,2,20,first\nD,1,10,a\n");
  bucket_.load("orders", 2, "3,30,c\n");
  bucket_.load("orders", 1, "1,10,a\n2,2,b\n");
  const auto log = load();
  EXPECT_THAT(query("SELECT * FROM orders ORDER BY id"),
              ElementsAre("2|21|later|6|4", "3|30|c|3|2", "4|40|∅|7|4"));
  EXPECT_THAT(query("SELECT * FROM loader_removals"), ElementsAre("5|orders|{\"id\": 1}|3"));
  EXPECT_THAT(ledger_counts(), ElementsAre("2|0|0", "1|0|0", "0|1|1", "1|1|0"));
  const auto key = [&](const std::string& name) {
    return bucket_.directory().string() + "/dbo/orders/" + name + ".csv.gz";
  };
  EXPECT_THAT(
      deliveries_in(log),
      ElementsAre(
          LoggedDelivery{1, key("LOAD00000001"), R"({"orders": {"AMEND": 0, "CREATE": 2, "REMOVE": 0}})"},
          LoggedDelivery{2, key("LOAD00000002"), R"({"orders": {"AMEND": 0, "CREATE": 1, "REMOVE": 0}})"},
          LoggedDelivery{3, key("20220922-095853123"),
                         R"({"orders": {"AMEND": 1, "CREATE": 0, "REMOVE": 1}})"},
          LoggedDelivery{4, key("20220922-100000000"),
                         R"({"orders": {"AMEND": 1, "CREATE": 1, "REMOVE": 0}})"}));
}

// Each cell of the contract's table, all in one file and each in a file of its own.
TEST_F(FolderLoad, CountsAreWhatChangedInTheTarget) {
  execute(table_sql("t", "id int PRIMARY KEY, a text, b numeric(10,2)"));
  bucket_.load("t", 1, "1,one,1.00\n2,two,2.00\n3,three,\n");
  bucket_.change("t", "20220101-000000001", "I,4,four,4\n");                     // absent: CREATE
  bucket_.change("t", "20220101-000000002", "U,5,five,5\n");                     // absent: CREATE
  bucket_.change("t", "20220101-000000003", "U,1,ONE,1\n");                      // differs: AMEND
  bucket_.change("t", "20220101-000000004", "I,2,TWO,2.0\n");                    // differs: AMEND
  bucket_.change("t", "20220101-000000005", "U,3,three,NULL\nI,2,TWO,2.000\n");  // equal: nothing
  bucket_.change("t", "20220101-000000006", "D,5,five,5.00\n");                  // present: REMOVE
  bucket_.change("t", "20220101-000000007", "D,5,five,5.00\nD,99,,\n");          // absent: nothing
  bucket_.change("t", "20220101-000000008", "U,3,,\nI,6,six,6\nD,4,,\nU,2,TWO,2\nD,77,,\n");
  const auto log = load();
  EXPECT_THAT(ledger_counts(),
              ElementsAre("3|0|0", "1|0|0", "1|0|0", "0|1|0", "0|1|0", "0|0|0", "0|0|1", "0|0|0", "1|1|1"));
  EXPECT_THAT(query("SELECT id, a, b FROM t ORDER BY id"),
              ElementsAre("1|ONE|1.00", "2|TWO|2.00", "3|∅|∅", "6|six|6.00"));
  EXPECT_THAT(query("SELECT max_event_id FROM loader_deliveries WHERE created + amended + removed = 0"),
              ElementsAre("∅", "∅"));
  EXPECT_THAT(log, HasSubstr("Delivery 6: persisted {}."));
  EXPECT_THAT(log, HasSubstr("Delivery 9: t (create: 1, amend: 1, remove: 1)."));
}

// Several operations of one key: the last one's effect, at its place in the file.
TEST_F(FolderLoad, TheLastOperationOfAKeyCounts) {
  execute(table_sql("t", "id int PRIMARY KEY, a text"));
  bucket_.load("t", 1, "1,one\n2,two\n3,three\n4,four\n");
  bucket_.change("t", "20220101-000000001",
                 "U,1,x\nU,1,one\n"        // back to what it was: nothing
                 "D,2,two\nI,2,again\n"    // AMEND
                 "U,3,x\nD,3,x\n"          // REMOVE
                 "I,5,five\nD,5,five\n"    // never there: nothing
                 "I,6,six\nU,6,seven\n"    // CREATE
                 "D,4,four\nI,4,four\n");  // there again: nothing
  load();
  EXPECT_THAT(ledger_counts(), ElementsAre("4|0|0", "1|1|1"));
  EXPECT_THAT(query("SELECT * FROM t ORDER BY id"),
              ElementsAre("1|one|1|1", "2|again|8|2", "4|four|4|1", "6|seven|14|2"));
  EXPECT_THAT(query("SELECT * FROM loader_removals"), ElementsAre("10|t|{\"id\": 3}|2"));
  EXPECT_EQ(value("SELECT max_event_id FROM loader_deliveries WHERE delivery_id = 2"), "14");
}

TEST_F(FolderLoad, AKeyTwiceInAFullLoad) {
  execute(table_sql("t", "id int PRIMARY KEY, a text"));
  bucket_.load("t", 1, "1,one\n2,two\n1,uno\n");
  load();
  EXPECT_THAT(query("SELECT * FROM t ORDER BY id"), ElementsAre("1|uno|3|1", "2|two|2|1"));
  EXPECT_THAT(ledger_counts(), ElementsAre("2|0|0"));
}

// What a field says, by column: empty and NULL without quotes are NULL; quoted they are text.
TEST_F(FolderLoad, NullAndText) {
  const std::string columns = "id int PRIMARY KEY, may text, must text NOT NULL, n int";
  execute(table_sql("t", columns) + ";" + table_sql("u", columns));
  const std::string rows =
      "1,,,\n2,NULL,x,NULL\n3,\"\",\"\",1\n4,\"NULL\",\"NULL\",2\n5,null,null,3\n6,\"a "
      "\"\"b\"\"\",\"x,y\nz\",4\n"
      "7, , NULL,5\n8,\\N,\\.,6\n9,a\\tb,\"\\\",7\n";
  bucket_.load("t", 1, rows);
  std::string changes;
  for (std::size_t at = 0; at < rows.size();) {  // the same rows as changes
    const auto end =
        rows.find('\n', rows.find("x,y", at) < rows.find('\n', at) ? rows.find("x,y", at) + 4 : at) + 1;
    changes += "I," + rows.substr(at, end - at);
    at = end;
  }
  bucket_.change("u", "20220101-000000001", changes);
  load();
  const auto expected = ElementsAre("1|∅||∅", "2|∅|x|∅", "3|||1", "4|NULL|NULL|2", "5|null|null|3",
                                    "6|a \"b\"|x,y\nz|4", "7| | NULL|5", "8|\\N|\\.|6", "9|a\\tb|\\|7");
  EXPECT_THAT(query("SELECT id, may, must, n FROM t ORDER BY id"), expected);
  EXPECT_THAT(query("SELECT id, may, must, n FROM u ORDER BY id"), expected);
}

// Over entities, deliveries go by the time in the name, and full loads by when they were written.
TEST_F(FolderLoad, EventIdsGrowOverAllEntitiesAndDeliveries) {
  execute(table_sql("a", "id int PRIMARY KEY, x text") + ";" + table_sql("b", "id int PRIMARY KEY, x text"));
  bucket_.load("a", 1, "1,x\n2,x\n3,x\n");
  bucket_.load("b", 1, "1,x\n2,x\n");
  bucket_.change("b", "20990101-000000002", "U,2,b\nD,1,x\n");
  bucket_.change("a", "20990101-000000001", "D,3,x\nU,1,a\n");
  bucket_.change("a", "20990101-000000003", "I,3,x\n");
  load();
  // Every effect, with the delivery that made it: strictly growing, and in the deliveries' order.
  const std::string effects =
      "(SELECT event_id, delivery_id FROM a UNION ALL SELECT event_id, delivery_id FROM b"
      " UNION ALL SELECT event_id, delivery_id FROM loader_removals)";
  EXPECT_EQ(value("SELECT count(*) - count(DISTINCT event_id) FROM " + effects + " e"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM (SELECT delivery_id < lag(delivery_id) OVER (ORDER BY event_id) AS "
                  "wrong FROM " +
                  effects + " e) o WHERE wrong"),
            "0");
  EXPECT_THAT(query("SELECT object_key FROM loader_deliveries WHERE kind = 'change' ORDER BY delivery_id"),
              ElementsAre("dbo/a/20990101-000000001.csv.gz", "dbo/b/20990101-000000002.csv.gz",
                          "dbo/a/20990101-000000003.csv.gz"));
  // Who has read up to the full loads' last event fetches exactly what came after.
  const auto seen = value("SELECT max(max_event_id) FROM loader_deliveries WHERE kind = 'full_load'");
  EXPECT_THAT(query("SELECT entity, id FROM (SELECT 'a' AS entity, id::text, event_id FROM a UNION ALL"
                    " SELECT 'b', id::text, event_id FROM b UNION ALL"
                    " SELECT '-' || entity, key->>'id', event_id FROM loader_removals) e WHERE event_id > " +
                    seen + " ORDER BY event_id"),
              ElementsAre("-a|3", "a|1", "b|2", "-b|1", "a|3"));
}

TEST_F(FolderLoad, LedgerRows) {
  execute(table_sql("t", "id int PRIMARY KEY, a text"));
  const auto first = bucket_.load("t", 10, "1,one\n2,two\n");
  const auto second = bucket_.change("t", "20220922-095853123", "U,1,uno\nU,2,two\n");
  const auto before = value("SELECT now()");
  load();
  EXPECT_THAT(
      query(
          "SELECT delivery_id, object_key, generation, entity, kind, name_time AT TIME ZONE 'UTC', rows_read,"
          " created, amended, removed, rejected, max_event_id, status FROM loader_deliveries ORDER BY 1"),
      ElementsAre("1|dbo/t/LOAD0000000A.csv.gz|1|t|full_load|∅|2|2|0|0|0|2|loaded",
                  "2|dbo/t/20220922-095853123.csv.gz|1|t|change|2022-09-22 09:58:53.123|2|0|1|0|0|3|loaded"));
  for (const auto& key : {first, second}) {
    const auto sum = peo::test::run({"sha256sum", (bucket_.directory() / key).string()}).out.substr(0, 64);
    const auto row = "FROM loader_deliveries WHERE object_key = '" + key + "' AND ";
    EXPECT_EQ(value("SELECT sha256 FROM loader_deliveries WHERE object_key = '" + key + "'"), sum);
    EXPECT_EQ(value(fmt::format("SELECT count(*) {} size = {}", row, bucket_.objects().at(key).size())), "1");
    EXPECT_EQ(value("SELECT count(*) " + row + "etag <> '' AND host = '" + host_name() +
                    "' AND version <> '' AND started_at >= '" + before +
                    "' AND finished_at >= started_at AND finished_at <= now()"
                    " AND last_modified BETWEEN now() - interval '10 min' AND now()"
                    " AND fetch_seconds >= 0 AND decompress_seconds >= 0 AND parse_seconds >= 0"
                    " AND apply_seconds > 0 AND apply_seconds < 100"),
              "1")
        << lines_of(Database(database_.conninfo()).rows("SELECT * FROM loader_deliveries")).back();
  }
  EXPECT_EQ(value("SELECT last_event_id || ' ' || last_delivery_id FROM loader_state"), "4 2");
}

TEST_F(FolderLoad, ASecondRunChangesNothing) {
  execute(table_sql("t", "id int PRIMARY KEY, a text"));
  bucket_.load("t", 1, "1,one\n2,two\n");
  bucket_.change("t", "20220101-000000001", "U,1,uno\nD,2,two\n");
  load();
  const auto before = dumped();
  const auto log = load();
  EXPECT_EQ(dumped(), before);
  EXPECT_THAT(deliveries_in(log), ::testing::IsEmpty());
  EXPECT_THAT(log, HasSubstr("No new files in "));
  EXPECT_THAT(log, ::testing::Not(HasSubstr("Applied")));
}

TEST_F(FolderLoad, TheShippedEntities) {
  bucket_.load("Strategies", 1,
               "1,6f1c3f6e-0000-4000-8000-000000000001,Mean reversion,ACC1,USD,,1,2022-01-03,,2022-01-03 "
               "09:30:00.123456\n");
  const auto log = load({{"ENTITIES", "shipped"}});
  EXPECT_THAT(
      query(
          "SELECT strategy_name, target_strategy_parameters, is_active, text, transact_time FROM strategies"),
      ElementsAre("Mean reversion||t|∅|2022-01-03 09:30:00.123456"));
  EXPECT_EQ(value("SELECT count(*) FROM orders"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM executions"), "0");
  EXPECT_THAT(log, HasSubstr("Delivery 1: process_dbo " + bucket_.directory().string() +
                             "/dbo/Strategies/LOAD00000001.csv.gz."));
}

// What has no table waits, and is loaded from its start when there is one.
TEST_F(FolderLoad, ATableThatComesLater) {
  execute(table_sql("a", "id int PRIMARY KEY"));
  bucket_.load("later", 1, "1,x\n");
  bucket_.change("later", "20220101-000000001", "U,1,y\n");
  bucket_.put("dbo/awsdms_status/LOAD00000001.csv.gz", gzipped("x\n"));
  bucket_.put("dbo/a/readme.txt", "hello");
  const auto log = load();
  EXPECT_EQ(value("SELECT count(*) FROM loader_deliveries"), "0");
  EXPECT_THAT(log, HasSubstr("Ignoring "));
  execute(table_sql("later", "id int PRIMARY KEY, v text"));
  load();
  EXPECT_THAT(query("SELECT * FROM later"), ElementsAre("1|y|2|2"));
  EXPECT_EQ(value("SELECT count(*) FROM loader_deliveries"), "2");
}

}  // namespace
}  // namespace peo::test
