// A backlog of small deliveries: several go in one transaction where that can't be seen in what each did.
#include <fmt/format.h>

#include "fixture.hpp"

namespace peo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SmallGroups : public LoaderTest {
 protected:
  // Files of one table, by the second; each is small.
  void changes(const std::string& table, const std::vector<std::string>& files) {
    for (const auto& text : files)
      bucket_.change(table, fmt::format("20220101-{:09}", ++second_ * 1000), text);
  }
  // How many deliveries each transaction took, in order.
  std::vector<std::string> together() {
    return query("SELECT count(*) FROM loader_deliveries GROUP BY xmin::text ORDER BY min(delivery_id)");
  }
  std::vector<std::string> ledger() {
    return query(
        "SELECT created, amended, removed, max_event_id FROM loader_deliveries ORDER BY delivery_id");
  }

 private:
  int second_ = 0;
};

TEST_F(SmallGroups, EachDeliveryHasItsOwnCounts) {
  execute(table_sql("t", "id int PRIMARY KEY, v text"));
  execute("INSERT INTO t VALUES (7, 'seven', 0, 0), (8, 'eight', 0, 0)");
  changes("t",
          {"I,1,one\nI,2,two\n", "U,7,seven\n", "", "U,8,EIGHT\nI,3,a\nU,3,b\nD,3,\n", "D,7,\nI,9,nine\n"});
  load({{"NOTIFICATIONS", "True"}});
  // 7 stands in the second and in the fifth.
  EXPECT_THAT(together(), ElementsAre("4", "1"));
  EXPECT_THAT(ledger(), ElementsAre("2|0|0|2", "0|0|0|∅", "0|0|0|∅", "0|1|0|4", "1|0|1|9"));
  EXPECT_THAT(query("SELECT id, v, event_id, delivery_id FROM t ORDER BY 1"),
              ElementsAre("1|one|1|1", "2|two|2|1", "8|EIGHT|4|4", "9|nine|9|5"));
  EXPECT_THAT(query("SELECT event_id, key, delivery_id FROM loader_removals ORDER BY 1"),
              ElementsAre("8|{\"id\": 7}|5"));
  EXPECT_THAT(
      query("SELECT position, delivery_id, payload::jsonb -> 'stats' -> 't' ->> 'CREATE', payload::jsonb ->> "
            "'max_event_id', published_at IS NOT NULL FROM loader_outbox ORDER BY 1"),
      ElementsAre("1|1|2|2|t", "2|4|0|4|t", "3|5|1|9|t"));
  EXPECT_THAT(query("SELECT last_event_id, last_delivery_id, last_outbox_position FROM loader_state"),
              ElementsAre("9|5|3"));
}

// An order's life, a file a step: nothing may be folded over files.
TEST_F(SmallGroups, AKeyInManyFiles) {
  execute(table_sql("t", "id int PRIMARY KEY, v text"));
  changes("t",
          {"I,1,new\n", "U,1,filled\n", "U,1,filled\n", "D,1,\n", "I,1,again\nI,2,x\n", "I,3,y\n", "D,2,\n"});
  load();
  EXPECT_THAT(together(), ElementsAre("1", "1", "1", "1", "2", "1"));
  EXPECT_THAT(ledger(),
              ElementsAre("1|0|0|1", "0|1|0|2", "0|0|0|∅", "0|0|1|4", "2|0|0|6", "1|0|0|7", "0|0|1|8"));
}

// Keys that are one to PostgreSQL, though they are written in different ways.
TEST_F(SmallGroups, AKeyWrittenInDifferentWays) {
  struct Written {
    std::string type, first, second;
  };
  const std::vector<Written> keys{
      {"int", "1", "01"},
      {"bigint", "5", "+5"},
      {"uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
      {"char(5)", "ab", "ab   "},
      {"timestamp", "2022-01-01 00:00:00", "2022-01-01T00:00:00.000"},
      {"timestamptz", "2022-01-01 00:00:00+00", "2022-01-01 01:00:00+01"},
      {"date", "2022-01-01", "20220101"},
      {"bytea", "\\xff00", "\\xFF00"},
      {"numeric", "1.0", "1.00"},
      {"varchar(3)", "ab", "ab "},
      {"text", "ab", "ab "},
      {"double precision", "0", "-0"},
      {"interval", "1 day", "24:00:00"},
  };
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto table = fmt::format("t{}", i);
    execute(table_sql(table, fmt::format("k {} PRIMARY KEY, v text", keys[i].type)));
    changes(table,
            {fmt::format("I,{},first\n", keys[i].first), fmt::format("U,{},second\n", keys[i].second)});
  }
  load();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    // Are they two to PostgreSQL? A trailing blank of a varchar and a text is.
    const bool two = value(fmt::format("SELECT '{}'::{} <> '{}'::{}", keys[i].first, keys[i].type,
                                       keys[i].second, keys[i].type)) == "t";
    EXPECT_THAT(query(fmt::format(
                    "SELECT created, amended FROM loader_deliveries WHERE entity = 't{}' ORDER BY 1", i)),
                two ? ElementsAre("1|0", "1|0") : ElementsAre("0|1", "1|0"))
        << keys[i].type;
  }
}

TEST_F(SmallGroups, KeysOfSeveralColumns) {
  execute(table_sql("t", "b text, v text, a int, PRIMARY KEY (a, b)"));
  changes("t", {"I,x,1,1\n", "I,x,2,2\n", "I,y,3,1\n", "U,x,4,1\n"});
  load();
  EXPECT_THAT(together(), ElementsAre("3", "1"));
  EXPECT_THAT(ledger(), ElementsAre("1|0|0|1", "1|0|0|2", "1|0|0|3", "0|1|0|4"));
}

// One of many can't be loaded: those before it are in, it is named, and when it is taken away the rest goes
// in.
TEST_F(SmallGroups, OneOfThemIsRefused) {
  execute(table_sql("t", "id int PRIMARY KEY, n int CHECK (n < 100)"));
  std::vector<std::string> files;
  for (int i = 1; i <= 20; ++i) files.push_back(fmt::format("I,{},{}\n", i, i == 13 ? 1000 : i));
  changes("t", files);
  const auto ran = run();
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(ran.err, HasSubstr("20220101-000013000.csv.gz"));
  EXPECT_THAT(ran.err, HasSubstr("t_n_check"));
  EXPECT_EQ(value("SELECT count(*) FROM t"), "12");
  EXPECT_EQ(value("SELECT max(delivery_id) FROM loader_deliveries"), "12");
  load({{"BAD_ROWS", "quarantine_delivery"}});
  EXPECT_EQ(value("SELECT count(*) FROM t"), "19");
  EXPECT_THAT(query("SELECT delivery_id, status FROM loader_deliveries WHERE status <> 'loaded'"),
              ElementsAre("13|quarantined"));
  EXPECT_EQ(value("SELECT last_delivery_id FROM loader_state"), "20");
}

}  // namespace
}  // namespace peo::test
