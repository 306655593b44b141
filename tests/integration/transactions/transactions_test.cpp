// Transaction files: changes of several tables in one stream, each file one delivery, in the order of its
// rows over all tables.
#include <fmt/format.h>

#include <random>

#include "../loader/fixture.hpp"
#include "support/swift_server.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// The columns of the three tables, each of another width; the key comes first.
const std::map<std::string, std::string> shapes{
    {"orders", "id int PRIMARY KEY, v text, n int"},
    {"executions", "id int PRIMARY KEY, v text"},
    {"strategies", "id int PRIMARY KEY, v varchar(20) NOT NULL, n int, m int CHECK (m <> 13)"}};

class Transactions : public LoaderTest {
 protected:
  void SetUp() override {
    for (const auto& [name, columns] : shapes) execute(table_sql(name, columns));
  }

  static std::string name(int second) {
    return fmt::format("cdc/CDC_TXN-20220101{:02}{:02}{:02}000.csv", second / 3600, second / 60 % 60,
                       second % 60);
  }
  std::string put(int second, const std::string& text) {
    const auto key = name(second);
    bucket_.put(key, text);
    return key;
  }
  // Written again, later than before, as its ETag must show.
  void rewrite(int second, const std::string& text) {
    const auto key = put(second, text);
    std::filesystem::last_write_time(
        bucket_.directory() / key,
        std::filesystem::file_time_type::clock::now() + std::chrono::seconds(++rewritten_));
  }
  static LoaderSettings cdc(const LoaderSettings& more = {}) {
    LoaderSettings all{{"CDC_PATH", "cdc"}};
    for (const auto& [name, value] : more) all[name] = value;
    return all;
  }
  // Dry, then for real: the same deliveries with the same counts.
  std::string load_as_predicted(const LoaderSettings& more = {}) const {
    const auto before = dumped();
    const auto predicted = load(cdc([&] {
      auto dry = more;
      dry["DRY_RUN"] = "True";
      return dry;
    }()));
    EXPECT_EQ(dumped(), before);
    auto done = load(cdc(more));
    EXPECT_EQ(deliveries_in(predicted), deliveries_in(done));
    return done;
  }
  std::vector<std::string> rows(const std::string& table) const {
    return query("SELECT id, v FROM " + table + " ORDER BY id");
  }
  std::vector<std::string> statuses() const {
    return query("SELECT status, turn, coalesce(reason, '') FROM loader_deliveries ORDER BY delivery_id");
  }
  Finished verb(const std::vector<std::string>& words) const {
    return run_loader({program(), words}, settings(cdc()));
  }
  int rewritten_ = 0;
};

TEST_F(Transactions, FollowTheFullLoadsAndGoInAsOneDeliveryEach) {
  put(1,
      "I,orders,dbo,3,c,3\n"
      "U,EXECUTIONS,DBO,1,x\n"
      "D,orders,dbo,1,,\n"
      "I,strategies,dbo,7,s,1,1\n"
      "U,orders,dbo,3,cc,3\n"
      "I,customers,dbo,1\n"
      "I,awsdms_status,,1,2,3\n"
      "D,executions,dbo,99,\n");
  bucket_.load("orders", 1, "1,a,1\n2,b,2\n");
  bucket_.load("executions", 1, "1,a\n");
  put(2, "I,customers,dbo,2\nU,orders,dbo,2,b,2\n");
  const auto log = load_as_predicted();
  EXPECT_THAT(rows("orders"), ElementsAre("2|b", "3|cc"));
  EXPECT_THAT(rows("executions"), ElementsAre("1|x"));
  EXPECT_THAT(rows("strategies"), ElementsAre("7|s"));
  EXPECT_THAT(
      log,
      AllOf(HasSubstr("cdc/ is waiting: the full loads that are due are loaded first: executions, orders."),
            HasSubstr("Delivery 3: process_cdc " + (bucket_.directory() / name(1)).string() + "."),
            HasSubstr("Delivery 3: executions (create: 0, amend: 1, remove: 0)."),
            HasSubstr("Delivery 3: orders (create: 1, amend: 0, remove: 1)."),
            HasSubstr("Delivery 3: strategies (create: 1, amend: 0, remove: 0)."),
            HasSubstr(R"(Delivery 3: persisted {"executions": {"AMEND": 1, "CREATE": 0, "REMOVE": 0}, )"
                      R"("orders": {"AMEND": 0, "CREATE": 1, "REMOVE": 1}, )"
                      R"("strategies": {"AMEND": 0, "CREATE": 1, "REMOVE": 0}}.)"),
            HasSubstr("Delivery 4: persisted {}.")));
  // What is no table of the target is said once.
  std::vector<std::string> alone;
  for (const auto& text : texts_of(log, "INFO")) {
    if (text.starts_with("Ignoring rows")) alone.push_back(text);
  }
  EXPECT_THAT(alone, ElementsAre(HasSubstr("rows of .awsdms_status"), HasSubstr("rows of dbo.customers")));

  EXPECT_THAT(
      query("SELECT entity, kind, rows_read, created, amended, removed, max_event_id FROM loader_deliveries "
            "WHERE delivery_id > 2 ORDER BY delivery_id"),
      ElementsAre("cdc/|change|8|2|1|1|8", "cdc/|change|2|0|0|0|∅"));
  EXPECT_THAT(
      query("SELECT delivery_id, entity, rows_read, created, amended, removed FROM loader_delivery_entities "
            "ORDER BY 1, 2"),
      ElementsAre("3|executions|2|0|1|0", "3|orders|3|1|0|1", "3|strategies|1|1|0|0", "4|orders|1|0|0|0"));
  // In the order of the rows over all tables: the last row of a key is its place.
  EXPECT_THAT(query("SELECT 'executions', event_id FROM executions UNION ALL SELECT entity, event_id FROM "
                    "loader_removals UNION ALL SELECT 'strategies', event_id FROM strategies UNION ALL "
                    "SELECT 'orders', event_id FROM orders WHERE delivery_id = 3 ORDER BY 2"),
              ElementsAre("executions|5", "orders|6", "strategies|7", "orders|8"));
  EXPECT_THAT(query("SELECT entity, key, delivery_id FROM loader_removals"),
              ElementsAre("orders|{\"id\": 1}|3"));
  // One message, with each entity that changed.
  EXPECT_THAT(
      value("SELECT payload FROM loader_outbox WHERE delivery_id = 3"),
      HasSubstr(R"("stats": {"executions": {"AMEND": 1, "CREATE": 0, "REMOVE": 0}, "orders": {"AMEND": 0, )"
                R"("CREATE": 1, "REMOVE": 1}, "strategies": {"AMEND": 0, "CREATE": 1, "REMOVE": 0}}, )"
                R"("max_event_id": 8)"));
  EXPECT_EQ(value("SELECT count(*) FROM loader_outbox WHERE delivery_id > 2"), "1");
  EXPECT_THAT(deliveries_in(load(cdc())), IsEmpty());
  const auto verified = verb({"verify"});
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

TEST_F(Transactions, WithoutTheSettingTheyAreLeftAlone) {
  put(1, "I,orders,dbo,1,a,1\n");
  const auto log = load();
  EXPECT_THAT(log,
              HasSubstr("it is a transaction file. To load transaction files, set CDC_PATH to their prefix"));
  EXPECT_THAT(rows("orders"), IsEmpty());
}

// --- Random streams, against plain statements ---

struct Stream {
  std::vector<std::string> files;
  std::vector<std::string> sql;  // of each file: what its rows come to, a statement each
};

std::string text_value(std::mt19937& random) {
  static const std::vector<std::string> values{"a", "b", "x,y", "\"", "line\nbreak", "é日本", " space "};
  return values[random() % values.size()];
}

std::string quoted(const std::string& text, char quote) {
  std::string all(1, quote);
  for (const char c : text) all += c == quote ? std::string(2, c) : std::string(1, c);
  return all + quote;
}

Stream random_stream(std::uint32_t seed, int files, int most_rows, int keys) {
  std::mt19937 random(seed);
  const auto upto = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  Stream stream;
  const std::vector<std::string> names{"orders", "executions", "strategies", "unknown"};
  for (int file = 0; file < files; ++file) {
    std::string text;
    std::string sql;
    auto table = names[0];
    for (int row = 0, count = 1 + upto(most_rows); row < count; ++row) {
      if (upto(3) == 0) table = names[static_cast<std::size_t>(upto(4))];
      const int id = upto(keys);
      if (table == "unknown") {
        text += fmt::format("I,unknown,dbo,{},?\n", id);
        continue;
      }
      if (upto(4) == 0) {
        const auto commas = table == "orders" ? ",," : table == "executions" ? "," : ",,,";
        text += fmt::format("D,{},dbo,{}{}\n", table, id, commas);
        sql += fmt::format("DELETE FROM oracle.{} WHERE id = {};", table, id);
        continue;
      }
      const auto value = text_value(random);
      const bool null = table != "strategies" && upto(5) == 0;
      const int number = upto(3);
      text +=
          fmt::format("{},{},dbo,{},{}", upto(2) == 0 ? 'I' : 'U', table, id, null ? "" : quoted(value, '"'));
      auto list = fmt::format("{},{}", id, null ? "NULL" : quoted(value, '\''));
      std::string set = "v = excluded.v";
      if (table != "executions") {
        text += fmt::format(",{}", number);
        list += fmt::format(",{}", number);
        set += ", n = excluded.n";
      }
      if (table == "strategies") {
        text += ",NULL";
        list += ",NULL";
        set += ", m = excluded.m";
      }
      text += "\n";
      sql += fmt::format("INSERT INTO oracle.{} VALUES ({}) ON CONFLICT (id) DO UPDATE SET {};", table, list,
                         set);
    }
    stream.files.push_back(text);
    stream.sql.push_back(sql);
  }
  return stream;
}

class RandomTransactions : public Transactions {
 protected:
  void SetUp() override {
    Transactions::SetUp();
    execute("CREATE SCHEMA oracle");
    for (const auto& [name, columns] : shapes)
      execute(fmt::format("CREATE TABLE oracle.{} ({})", name, columns));
  }
  void expect_as_the_oracle_says() const {
    for (const auto& [name, columns] : shapes) {
      const std::string list = name == "orders" ? "id, v, n" : name == "executions" ? "id, v" : "id, v, n, m";
      EXPECT_THAT(query(fmt::format("(SELECT {0} FROM {1} EXCEPT SELECT {0} FROM oracle.{1}) UNION ALL "
                                    "(SELECT {0} FROM oracle.{1} EXCEPT SELECT {0} FROM {1})",
                                    list, name)),
                  IsEmpty())
          << name;
    }
    // No event_id twice, and none below that of an earlier delivery.
    EXPECT_EQ(
        value(
            "WITH events AS (SELECT event_id, delivery_id FROM orders UNION ALL SELECT event_id, delivery_id "
            "FROM executions UNION ALL SELECT event_id, delivery_id FROM strategies UNION ALL SELECT "
            "event_id, "
            "delivery_id FROM loader_removals), placed AS (SELECT delivery_id, lag(delivery_id) OVER (ORDER "
            "BY "
            "event_id) AS before, event_id, lag(event_id) OVER (ORDER BY event_id) AS event_before FROM "
            "events) "
            "SELECT count(*) FROM placed WHERE before > delivery_id OR event_before = event_id"),
        "0");
    // The ledger's counts are the sums of its tables'.
    EXPECT_EQ(
        value(
            "SELECT count(*) FROM loader_deliveries d CROSS JOIN LATERAL (SELECT coalesce(sum(created), 0) "
            "AS c, "
            "coalesce(sum(amended), 0) AS a, coalesce(sum(removed), 0) AS r FROM loader_delivery_entities e "
            "WHERE e.delivery_id = d.delivery_id) s WHERE d.kind = 'change' AND (d.created, d.amended, "
            "d.removed) <> (s.c, s.a, s.r)"),
        "0");
  }
};

TEST_F(RandomTransactions, AsPlainStatementsInTheirOrder) {
  for (std::uint32_t seed = 1; seed <= 3; ++seed) {
    const auto stream = random_stream(seed, 12, 60, 25);
    for (std::size_t i = 0; i < stream.files.size(); ++i) {
      const int second = static_cast<int>(1000 * seed + i);
      bucket_.put(name(second) + ".gz", gzipped(stream.files[i]));
      execute("BEGIN;" + stream.sql[i] + "COMMIT");
      if (i % 5 == 4) load_as_predicted();
    }
    load_as_predicted();
    expect_as_the_oracle_says();
  }
  const auto verified = verb({"verify"});
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

// More than the pieces into which a file is split.
TEST_F(RandomTransactions, BigFiles) {
  const auto stream = random_stream(77, 2, 60'000, 5000);
  for (std::size_t i = 0; i < stream.files.size(); ++i) {
    put(static_cast<int>(i), stream.files[i]);
    execute("BEGIN;" + stream.sql[i] + "COMMIT");
  }
  load_as_predicted({{"READ_AHEAD_BYTES", "256KiB"}});
  expect_as_the_oracle_says();
}

TEST_F(RandomTransactions, KilledAtManyMoments) {
  std::string loads;
  for (int i = 0; i < 2000; ++i) loads += fmt::format("{},a,1\n", i);
  bucket_.load("orders", 1, loads);
  execute("INSERT INTO oracle.orders SELECT i, 'a', 1 FROM generate_series(0, 1999) i");
  const auto stream = random_stream(5, 40, 1500, 3000);
  for (std::size_t i = 0; i < stream.files.size(); ++i) {
    put(static_cast<int>(i), stream.files[i]);
    execute("BEGIN;" + stream.sql[i] + "COMMIT");
  }
  EXPECT_EQ(verb({"migrate"}).status, 0);
  std::mt19937 random(3);
  for (int kills = 0; kills < 8; ++kills) {
    const auto before = value("SELECT coalesce((SELECT max(delivery_id) FROM loader_deliveries), 0)");
    RunningLoader loader(loader_command, settings(cdc()));
    // Somewhere behind the next delivery or the one after it.
    loader.says(fmt::format("Delivery {}: p", std::stoi(before) + 2 + static_cast<int>(random() % 3)));
    loader.kill();
    EXPECT_TRUE(eventually([&] {
      return value(
                 "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                 "application_name LIKE 'paper-engine-orders%'") == "0";
    }));
  }
  run_after_crash(settings(cdc()));
  expect_as_the_oracle_says();
  EXPECT_EQ(value("SELECT count(*) || ' ' || count(DISTINCT object_key) || ' ' || max(delivery_id) FROM "
                  "loader_deliveries"),
            "41 41 41");
  EXPECT_EQ(value("SELECT count(*) FROM loader_outbox WHERE published_at IS NULL"), "0");
}

TEST_F(RandomTransactions, TheSameThroughS3) {
  const auto stream = random_stream(9, 6, 200, 40);
  bucket_.load("orders", 1, "1,a,1\n2,b,2\n");
  execute("INSERT INTO oracle.orders VALUES (1, 'a', 1), (2, 'b', 2)");
  for (std::size_t i = 0; i < stream.files.size(); ++i) {
    put(static_cast<int>(i), stream.files[i]);
    execute("BEGIN;" + stream.sql[i] + "COMMIT");
  }
  auto& swift = SwiftServer::shared();
  swift.make_bucket("transactions");
  const auto source = bucket_.put_into(swift, "transactions", "data");
  load_as_predicted({{"SOURCE", source}});
  expect_as_the_oracle_says();
  EXPECT_THAT(deliveries_in(load(cdc({{"SOURCE", source}}))), IsEmpty());
}

// --- Out of order ---

TEST_F(Transactions, ALateFileGivesWayToLaterOnes) {
  bucket_.load("orders", 1, "1,a,1\n2,b,2\n3,c,3\n");
  bucket_.load("executions", 1, "1,a\n2,b\n");
  put(20, "U,orders,dbo,1,later,1\nD,orders,dbo,9,,\nU,executions,dbo,2,b\n");
  load(cdc());
  put(10,
      "U,orders,dbo,1,late,1\nI,strategies,dbo,1,late,1,1\nU,executions,dbo,2,late\nI,orders,dbo,9,late,9\n"
      "U,orders,dbo,2,late,2\nU,executions,dbo,1,late\n");
  const auto log = load_as_predicted();
  EXPECT_THAT(rows("orders"), ElementsAre("1|later", "2|late", "3|c"));
  EXPECT_THAT(rows("executions"), ElementsAre("1|late", "2|b"));
  EXPECT_THAT(rows("strategies"), ElementsAre("1|late"));
  EXPECT_THAT(statuses(), ElementsAre("loaded|1|", "loaded|1|", "loaded|1|", "loaded|1|late file"));
  EXPECT_THAT(deliveries_in(load(cdc())), IsEmpty());
}

TEST_F(Transactions, LateFilesMayHoldOrBeSkipped) {
  put(20, "I,orders,dbo,1,a,1\n");
  load(cdc());
  put(10, "I,orders,dbo,2,late,2\n");
  put(30, "I,orders,dbo,3,c,3\n");
  const auto held = run(cdc({{"LATE_FILES", "hold"}}));
  EXPECT_EQ(held.status, 65);
  EXPECT_THAT(texts_of(held.err, "ERROR"),
              ElementsAre(AllOf(HasSubstr("arrived late"), HasSubstr(name(10)), HasSubstr("into cdc/"))));
  EXPECT_THAT(rows("orders"), ElementsAre("1|a"));
  EXPECT_EQ(verb({"skip", name(10), "--reason", "known"}).status, 0);
  load_as_predicted({{"LATE_FILES", "hold"}});
  EXPECT_THAT(rows("orders"), ElementsAre("1|a", "3|c"));
  EXPECT_EQ(verb({"replay", name(10)}).status, 0);
  load_as_predicted();
  EXPECT_THAT(rows("orders"), ElementsAre("1|a", "2|late", "3|c"));
}

TEST_F(Transactions, AFileOfTheFullLoadThatComesBehindThem) {
  bucket_.load("orders", 1, "1,a,1\n");
  put(10, "U,orders,dbo,2,newer,2\nD,orders,dbo,3,,\nI,executions,dbo,1,x\n");
  load(cdc());
  bucket_.load("orders", 2, "2,b,2\n3,c,3\n4,d,4\n");
  load_as_predicted();
  EXPECT_THAT(rows("orders"), ElementsAre("1|a", "2|newer", "4|d"));
  // Of a table that they have nothing of it is simply the next file.
  bucket_.load("strategies", 1, "1,a,1,1\n");
  load_as_predicted();
  EXPECT_THAT(statuses(), ElementsAre("loaded|1|", "loaded|1|", "loaded|1|late file", "loaded|1|"));
}

TEST_F(Transactions, OneThatIsWrittenAgain) {
  bucket_.load("orders", 1, "1,a,1\n2,b,2\n");
  put(10, "U,orders,dbo,1,x,1\nU,orders,dbo,2,x,2\n");
  put(20, "U,orders,dbo,2,later,2\n");
  load(cdc());
  rewrite(10, "U,orders,dbo,1,x,1\nU,orders,dbo,2,x,2\n");
  EXPECT_THAT(load_as_predicted(), HasSubstr("the same content as delivery 2"));
  rewrite(10, "U,orders,dbo,1,y,1\nU,orders,dbo,2,y,2\nI,executions,dbo,5,y\n");
  load_as_predicted();
  EXPECT_THAT(rows("orders"), ElementsAre("1|y", "2|later"));
  EXPECT_THAT(rows("executions"), ElementsAre("5|y"));
}

TEST_F(Transactions, AReloadHoldsWhatOlderOnesSay) {
  bucket_.load("orders", 1, "1,a,1\n2,b,2\n");
  bucket_.load("executions", 1, "1,a\n");
  put(10, "U,orders,dbo,1,b,1\n");
  load(cdc());
  // Rewritten long after, and unchanged since: a reload. Files named before it have nothing to say of its
  // table.
  const auto load_key = bucket_.load("orders", 1, "1,new,1\n3,new,3\n");
  std::filesystem::last_write_time(bucket_.directory() / load_key,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  put(20, "I,orders,dbo,9,older,9\nU,executions,dbo,1,b\n");
  bucket_.put("cdc/CDC_TXN-20990101000000000.csv", "U,orders,dbo,3,newer,3\n");
  const auto log = load_as_predicted();
  EXPECT_THAT(rows("orders"), ElementsAre("1|new", "3|newer"));
  EXPECT_THAT(rows("executions"), ElementsAre("1|b"));
  EXPECT_THAT(log, HasSubstr("older than its rewritten full load"));
  const auto verified = verb({"verify"});
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
  // Another one, but what is in of 2099 is newer than it.
  bucket_.load("orders", 1, "1,newest,1\n");
  std::filesystem::last_write_time(bucket_.directory() / load_key,
                                   std::filesystem::file_time_type::clock::now() - std::chrono::minutes(30));
  bucket_.put("cdc/CDC_TXN-20990101000001000.csv", "U,orders,dbo,3,last,3\n");
  const auto held = run(cdc());
  EXPECT_EQ(held.status, 65);
  EXPECT_THAT(texts_of(held.err, "ERROR"),
              ElementsAre(AllOf(HasSubstr("transaction file"), HasSubstr("orders"))));
  EXPECT_THAT(rows("orders"), ElementsAre("1|new", "3|newer"));
}

// --- Rows that can't be loaded ---

const std::string with_a_bad_row =
    "I,orders,dbo,1,a,1\nI,executions,dbo,1,a\nI,orders,dbo,2,b,many\nI,strategies,dbo,1,a,1,1\n";

TEST_F(Transactions, ABadRowStops) {
  put(10, with_a_bad_row);
  const auto ran = run(cdc());
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(texts_of(ran.err, "ERROR"), ElementsAre(AllOf(HasSubstr(name(10)), HasSubstr("line 3"),
                                                            HasSubstr("column n"), HasSubstr("many"))));
  for (const auto& [table, columns] : shapes) EXPECT_THAT(rows(table), IsEmpty()) << table;
  EXPECT_THAT(statuses(), IsEmpty());
}

TEST_F(Transactions, ABadRowIsSetAside) {
  put(10, with_a_bad_row +
              "I,strategies,dbo,2,a,1,13\n"                            // against its CHECK
              "I,executions,dbo,2\n"                                   // too narrow
              "I,strategies,dbo,3,much too long for the column,1,1\n"  // too long
              "I,orders,dbo,3,c,3\n");
  load_as_predicted({{"BAD_ROWS", "quarantine_row"}});
  EXPECT_THAT(rows("orders"), ElementsAre("1|a", "3|c"));
  EXPECT_THAT(rows("executions"), ElementsAre("1|a"));
  EXPECT_THAT(rows("strategies"), ElementsAre("1|a"));
  EXPECT_THAT(
      query(
          "SELECT line, column_name, value, sqlstate, convert_from(raw, 'UTF8') FROM loader_rejects ORDER BY "
          "line"),
      ElementsAre(
          "3|n|many|22P02|I,orders,dbo,2,b,many", "5|∅|∅|23514|I,strategies,dbo,2,a,1,13",
          "6|∅|∅|∅|I,executions,dbo,2",
          "7|v|much too long for the column|22001|I,strategies,dbo,3,much too long for the column,1,1"));
  EXPECT_THAT(query("SELECT rows_read, created, rejected FROM loader_deliveries"), ElementsAre("8|4|4"));
}

TEST_F(Transactions, ADeliveryIsSetAside) {
  put(10, with_a_bad_row);
  put(20, "I,orders,dbo,7,g,7\n");
  load_as_predicted({{"BAD_ROWS", "quarantine_delivery"}});
  EXPECT_THAT(rows("orders"), ElementsAre("7|g"));
  EXPECT_THAT(rows("executions"), IsEmpty());
  EXPECT_THAT(query("SELECT entity, status FROM loader_deliveries ORDER BY delivery_id"),
              ElementsAre("cdc/|quarantined", "cdc/|loaded"));
  rewrite(10, "I,orders,dbo,1,a,1\nI,executions,dbo,1,a\nI,orders,dbo,7,older,7\n");
  load_as_predicted();
  EXPECT_THAT(rows("orders"), ElementsAre("1|a", "7|g"));
  EXPECT_THAT(rows("executions"), ElementsAre("1|a"));
}

TEST_F(Transactions, OperatorsMaySkipOne) {
  put(10, with_a_bad_row);
  put(20, "I,orders,dbo,7,g,7\n");
  EXPECT_EQ(run(cdc()).status, 65);
  EXPECT_EQ(verb({"skip", name(10), "--reason", "no number"}).status, 0);
  load_as_predicted();
  EXPECT_THAT(rows("orders"), ElementsAre("7|g"));
  EXPECT_THAT(statuses(), ElementsAre("skipped|1|no number", "loaded|1|"));
}

// --- Keys that change ---

TEST_F(Transactions, KeysThatChangePlaces) {
  bucket_.load("orders", 1, "1,a,1\n2,b,2\n");
  bucket_.load("executions", 1, "1,a\n2,b\n");
  put(10, "U,orders,dbo,2,a,1,1\nU,executions,dbo,3,a,1\nU,orders,dbo,1,b,2,2\nU,executions,dbo,2,bb,\n");
  load_as_predicted({{"COLUMNS", "Op,*,BI_id"}});
  EXPECT_THAT(rows("orders"), ElementsAre("1|b", "2|a"));
  EXPECT_THAT(rows("executions"), ElementsAre("2|bb", "3|a"));
}

TEST_F(Transactions, ThePlanSaysWhatTheyWouldDo) {
  put(10, "I,orders,dbo,1,a,1\nI,executions,dbo,1,a\nI,executions,dbo,2,a\n");
  const auto plan = verb({"plan", "--json"});
  EXPECT_EQ(plan.status, 0) << plan.err;
  EXPECT_THAT(plan.out, AllOf(HasSubstr("\"cdc/\""), HasSubstr("executions"), HasSubstr("CDC_TXN")));
  EXPECT_THAT(verb({"plan"}).out, HasSubstr("CDC_TXN"));
  load(cdc());
  const auto status = verb({"status"});
  EXPECT_EQ(status.status, 0) << status.err;
  EXPECT_THAT(status.out, AllOf(HasSubstr("caught up"), HasSubstr("cdc/")));
  EXPECT_THAT(verb({"check"}).out, HasSubstr("has transaction files, such as"));
  EXPECT_THAT(run_loader({program(), {"check"}}, settings({{"CDC_PATH", "elsewhere"}})).out,
              HasSubstr("has no transaction files"));
}

}  // namespace
}  // namespace peo::test
