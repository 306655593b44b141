// A backlog of small deliveries: several go in one transaction where that can't be seen in what each did.
#include <fmt/format.h>

#include <numeric>

#include "fixture.hpp"
#include "support/citus.hpp"

namespace peo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SmallGroups : public LoaderTest {
 protected:
  // Files of one table, by the second; each is small.
  void changes(const std::string& table, const std::vector<std::string>& files) {
    for (const auto& text : files) {
      ++second_;
      bucket_.change(
          table, fmt::format("20220101-{:02}{:02}{:02}000", second_ / 3600, second_ / 60 % 60, second_ % 60),
          text);
    }
  }
  // How many deliveries each transaction took, in order. On Citus, one takes the whole backlog.
  void expect_together(std::vector<int> deliveries) {
    if (CitusCluster::wanted()) deliveries = {std::accumulate(deliveries.begin(), deliveries.end(), 0)};
    std::vector<std::string> expected;
    for (const auto count : deliveries) expected.push_back(std::to_string(count));
    EXPECT_EQ(query("SELECT count(*) FROM loader_deliveries GROUP BY xmin::text ORDER BY min(delivery_id)"),
              expected);
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
  // 7 is in the second and in the fifth.
  expect_together({4, 1});
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
  expect_together({1, 1, 1, 1, 2, 1});
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
    // Are they two to PostgreSQL? A trailing space of a varchar and a text is.
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
  expect_together({3, 1});
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

// Where one row has to do with another, each delivery has its own transaction: what the first does to the
// second's row comes first.
TEST_F(SmallGroups, RowsThatHaveToDoWithOneAnother) {
  struct Alone {
    std::string table, more;
  };
  const std::vector<Alone> tables{
      {"cascades", "ALTER TABLE {0} ADD p int REFERENCES {0} ON DELETE CASCADE"},
      {"referenced", "CREATE TABLE {0}_lines (line int PRIMARY KEY, id int REFERENCES {0})"},
      {"unique_text", "CREATE UNIQUE INDEX ON {0} (v)"},
      {"excludes", "ALTER TABLE {0} ADD EXCLUDE USING btree (v WITH =)"},
      {"triggers",
       "CREATE FUNCTION lower_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.v = lower(new.v); "
       "RETURN new; END $$; CREATE TRIGGER lower_it BEFORE INSERT ON {0} FOR EACH ROW EXECUTE FUNCTION "
       "lower_it()"},
      {"ruled", "CREATE RULE nothing AS ON DELETE TO {0} DO ALSO NOTHING"},
      {"free", ""},
  };
  for (const auto& [table, more] : tables) {
    execute(table_sql(table, "id int PRIMARY KEY, v text"));
    if (!more.empty()) execute(fmt::format(fmt::runtime(more), table));
    changes(table, {"Op,id,v\nI,1,one\n", "Op,id,v\nI,2,two\n", "Op,id,v\nI,3,three\n"});
  }
  execute(
      "CREATE TABLE partitioned (id int PRIMARY KEY, v text, event_id bigint NOT NULL, delivery_id bigint "
      "NOT "
      "NULL) "
      "PARTITION BY RANGE (id); CREATE TABLE part PARTITION OF partitioned FOR VALUES FROM (0) TO (9); "
      "CREATE "
      "UNIQUE "
      "INDEX ON part (v)");
  changes("partitioned", {"I,1,one\n", "I,2,two\n"});
  load();
  if (CitusCluster::wanted()) return;  // one transaction, in which they follow one another
  EXPECT_THAT(query("SELECT entity, count(DISTINCT xmin::text) FROM loader_deliveries GROUP BY 1 ORDER BY 1"),
              ElementsAre("cascades|3", "excludes|3", "free|1", "partitioned|2", "referenced|3", "ruled|3",
                          "triggers|3", "unique_text|3"));
}

// The first takes the second's row away with its own: the update finds none, and adds it.
TEST_F(SmallGroups, ADeleteThatTakesMoreRowsAway) {
  execute(table_sql("t", "id int PRIMARY KEY, p int REFERENCES t ON DELETE CASCADE, v text"));
  execute("INSERT INTO t VALUES (1, NULL, 'a', 0, 0), (2, 1, 'b', 0, 0)");
  changes("t", {"Op,id,v\nD,1,\n", "Op,id,v\nU,2,new\n"});
  load();
  EXPECT_THAT(query("SELECT id, p, v FROM t"), ElementsAre("2|∅|new"));
  EXPECT_THAT(ledger_counts(), ElementsAre("0|0|1", "1|0|0"));
}

// A constraint that is looked at with the commit: the answer to the statement is good, that to the commit
// isn't.
TEST_F(SmallGroups, ADeferredConstraint) {
  execute(table_sql("t", "id int PRIMARY KEY, p int REFERENCES t DEFERRABLE INITIALLY DEFERRED"));
  changes("t", {"I,1,\n", "I,2,99\n", "I,3,\n"});
  const auto ran = run();
  EXPECT_EQ(ran.status, 65) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("20220101-000002000.csv.gz"));
  EXPECT_THAT(ran.err, HasSubstr("t_p_fkey"));
  EXPECT_THAT(query("SELECT id FROM t ORDER BY 1"), ElementsAre("1"));
  load({{"BAD_ROWS", "quarantine_delivery"}});
  EXPECT_THAT(query("SELECT id FROM t ORDER BY 1"), ElementsAre("1", "3"));
  EXPECT_THAT(query("SELECT status FROM loader_deliveries ORDER BY delivery_id"),
              ElementsAre("loaded", "quarantined", "loaded"));
}

// However often a statement of several fails, no file is read more than a few times.
TEST_F(SmallGroups, FailuresDoNotReadTheBacklogAgainAndAgain) {
  execute(table_sql("t", "id int PRIMARY KEY, n int CHECK (n >= 0)"));
  std::vector<std::string> files;
  constexpr int count = 1200;
  for (int i = 1; i <= count; ++i) files.push_back(fmt::format("I,{},{}\n", i, i % 50 == 0 ? -1 : i));
  changes("t", files);
  const auto log = load({{"BAD_ROWS", "quarantine_delivery"}, {"MAX_BAD_DELIVERIES", "1000"}});
  EXPECT_EQ(value("SELECT count(*) FROM t"), std::to_string(count - count / 50));
  int begun = 0;
  for (const auto& line : log_lines(log)) begun += line.text.find("process_dbo") == std::string::npos ? 0 : 1;
  EXPECT_LT(begun, 5 * count);
}

// As a bulk update writes it: a thirtieth of its size when it is squeezed.
TEST_F(SmallGroups, FilesThatAreSqueezedHard) {
  execute(table_sql("t", "id int PRIMARY KEY, v text"));
  std::vector<std::string> files;
  for (int file = 0; file < 2; ++file) {
    std::string rows;
    for (int i = 0; i < 900; ++i) rows += fmt::format("I,{},{}\n", file * 1000 + i, std::string(60, 'x'));
    files.push_back(rows);
  }
  changes("t", files);
  load();
  EXPECT_THAT(query("SELECT rows_read, created, xmin::text = (SELECT xmin::text FROM loader_deliveries WHERE "
                    "delivery_id = "
                    "1) FROM loader_deliveries ORDER BY delivery_id"),
              ElementsAre("900|900|t", "900|900|t"));
}

}  // namespace
}  // namespace peo::test
