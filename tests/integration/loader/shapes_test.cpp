// Files that carry their columns in another order, only some of them, more of them, or keys that change:
// through the whole program, by each way into the table, and predicted by a dry run.
#include <fmt/format.h>

#include "fixture.hpp"

namespace peo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Shapes = LoaderTest;

// More rows than a small delivery has: they go the staged way. Of keys that nothing else has.
std::string many_rows(const std::string& before, const std::string& after) {
  std::string rows;
  for (int i = 0; i < 1100; ++i) rows += fmt::format("{}{}{}\n", before, 100'000 + i, after);
  return rows;
}

TEST_F(Shapes, ColumnsThatAFileDoesNotCarryStayAsTheyAre) {
  const std::string columns =
      "id int PRIMARY KEY, a text, b text DEFAULT 'new', c text NOT NULL DEFAULT 'must'";
  execute(table_sql("small", columns) + ";" + table_sql("staged", columns) + ";" +
          table_sql("direct", columns));
  const std::string first = "1,a1,b1,c1\n2,a2,b2,c2\n3,a3,b3,c3\n";
  const std::string second = "Op,A,ID\nU,changed,1\nU,a2,2\nI,a4,4\nD,,3\n";  // 2 is as it was
  for (const char* table : {"small", "staged"}) bucket_.load(table, 1, first);
  bucket_.load("direct", 1, "C,id\nc1,1\nc2,2\n");
  bucket_.change("small", "20220101-000000001", second);
  bucket_.change("staged", "20220101-000000001", second + many_rows("D,,", ""));
  const auto dry = load({{"DRY_RUN", "True"}});
  load();
  for (const char* table : {"small", "staged"}) {
    EXPECT_THAT(query(fmt::format("SELECT id, a, b, c FROM {} ORDER BY id", table)),
                ElementsAre("1|changed|b1|c1", "2|a2|b2|c2", "4|a4|new|must"));
  }
  EXPECT_THAT(query("SELECT id, a, b, c FROM direct ORDER BY id"), ElementsAre("1|∅|new|c1", "2|∅|new|c2"));
  EXPECT_THAT(
      query(
          "SELECT entity, created, amended, removed FROM loader_deliveries WHERE kind = 'change' ORDER BY 1"),
      ElementsAre("small|1|1|1", "staged|1|1|1"));
  EXPECT_THAT(dry, HasSubstr("small: 7 rows read in 2 deliveries (create: 4, amend: 1, remove: 1)"));
  EXPECT_THAT(dry, HasSubstr("staged: 1107 rows read in 2 deliveries (create: 4, amend: 1, remove: 1)"));
}

// A second file of another shape in one run: small deliveries share a pipeline, in which nothing can be
// prepared.
TEST_F(Shapes, ShapesThatFollowOneAnother) {
  execute(table_sql("t", "id int PRIMARY KEY, a text, b text"));
  bucket_.change("t", "20220101-000000001", "I,1,a,b\nI,2,a,b\n");
  bucket_.change("t", "20220101-000000002", "Op,b,id\nU,B,1\n");
  bucket_.change("t", "20220101-000000003", "Op,id,a\nU,2,A\n");
  bucket_.change("t", "20220101-000000004", "Op,id,a\n");
  bucket_.change("t", "20220101-000000005", "");
  bucket_.change("t", "20220101-000000006", "\n\n");
  bucket_.change("t", "20220101-000000007", "Op,b,id\nU,BB,2\n");
  load();
  EXPECT_THAT(query("SELECT id, a, b, event_id, delivery_id FROM t ORDER BY 1"),
              ElementsAre("1|a|B|3|2", "2|A|BB|5|7"));
  EXPECT_THAT(query("SELECT rows_read FROM loader_deliveries ORDER BY delivery_id"),
              ElementsAre("2", "1", "1", "0", "0", "0", "1"));
}

TEST_F(Shapes, KeysThatChange) {
  execute(table_sql("t", "id int PRIMARY KEY, v text"));
  bucket_.load("t", 1, "1,one\n2,two\n3,three\n");
  bucket_.change("t", "20220101-000000001", "Op,id,v,BI_id\nU,4,one,1\nU,2,TWO,\nU,3,three,3\n");
  const LoaderSettings columns{{"COLUMNS", "Op,*,-seq,BI_id"}};
  bucket_.change("t", "20220101-000000002", "U,5,one,7,4\nI,6,six,8,\n");
  const auto dry = load({{"DRY_RUN", "True"}, {"COLUMNS", "Op,*,-seq,BI_id"}});
  load(columns);
  EXPECT_THAT(query("SELECT id, v, event_id FROM t ORDER BY 1"),
              ElementsAre("2|TWO|6", "3|three|3", "5|one|9", "6|six|10"));
  EXPECT_THAT(query("SELECT event_id, key FROM loader_removals ORDER BY 1"),
              ElementsAre("4|{\"id\": 1}", "8|{\"id\": 4}"));
  EXPECT_THAT(
      query("SELECT rows_read, created, amended, removed, max_event_id FROM loader_deliveries ORDER BY "
            "delivery_id"),
      ElementsAre("3|3|0|0|3", "3|1|1|1|6", "2|2|0|1|10"));
  EXPECT_EQ(value("SELECT last_event_id FROM loader_state"), "10");
  EXPECT_THAT(dry, HasSubstr("t: 8 rows read in 3 deliveries (create: 6, amend: 1, remove: 2)"));
}

// PostgreSQL itself makes the rows: what a statement did to the keys, and what must come of it.
TEST_F(Shapes, KeysThatSwapAndShift) {
  execute(table_sql("t", "id int PRIMARY KEY, v text"));
  bucket_.load("t", 1, "1,one\n2,two\n3,three\n11,a\n12,b\n13,c\n21,x\n22,y\n31,p\n32,q\n");
  bucket_.change("t", "20220101-000000001",
                 "Op,id,v,BI_id\n"
                 "U,2,one,1\nU,1,two,2\n"             // swapped by one statement
                 "U,12,a,11\nU,13,b,12\nU,14,c,13\n"  // all moved by one
                 "U,99,x,21\nU,21,y,22\nU,22,x,99\n"  // swapped by way of a third key
                 "D,31,,\nU,31,q,32\nU,33,q,31\n"     // moved onto a key that was free by then, and on
                 "I,41,n,\nU,42,n,41\nU,43,n,42\nD,43,,\n");
  const auto dry = load({{"DRY_RUN", "True"}});
  load();
  EXPECT_THAT(query("SELECT id, v FROM t ORDER BY 1"),
              ElementsAre("1|two", "2|one", "3|three", "12|a", "13|b", "14|c", "21|y", "22|x", "33|q"));
  EXPECT_THAT(query("SELECT key->>'id' FROM loader_removals ORDER BY 1"), ElementsAre("11", "31", "32"));
  EXPECT_THAT(ledger_counts(), ElementsAre("10|0|0", "2|6|3"));
  EXPECT_THAT(dry, HasSubstr("(create: 12, amend: 6, remove: 3)"));
}

TEST_F(Shapes, AnotherFormat) {
  execute(table_sql("t", "id int PRIMARY KEY, v text, w text"));
  bucket_.load("t", 1, "1\t\"quoted\"\t\n2\t\\N\t, x\n");
  bucket_.change("t", "20220101-000000001", "D\t2\t\t\nU\t1\tNULL\t\\N\n");
  load({{"FORMAT", "delimiter=tab quoting=none null=\\\\N"}});
  EXPECT_THAT(query("SELECT id, v, w FROM t"), ElementsAre("1|NULL|∅"));
  EXPECT_THAT(ledger_counts(), ElementsAre("2|0|0", "0|1|1"));
}

TEST_F(Shapes, RefusalsShowTheReadings) {
  execute(table_sql("t", "code text PRIMARY KEY, v text"));
  bucket_.change("t", "20220101-000000001", "I,a\n");
  const auto ran = run();
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(ran.err, HasSubstr("is ambiguous, it may have: 2 columns without Op"));
  load({{"FORMAT", "op=never"}});
  EXPECT_THAT(query("SELECT code, v FROM t"), ElementsAre("I|a"));
}

TEST_F(Shapes, BadTextIsFoundWithItsPlace) {
  execute(table_sql("t", "id int PRIMARY KEY, v text, w text"));
  for (const auto& [bad, says] : {std::pair{std::string("a\0b", 3), "a NUL byte"},
                                  std::pair{std::string("\"x\"\"\xE4\""), "byte 0xe4 is not valid UTF-8"}}) {
    bucket_.change("t", "20220101-000000001", "I,1,ä,fine\nI,2,fine," + bad + "\n");
    const auto ran = run();
    EXPECT_EQ(ran.status, 65);
    EXPECT_THAT(ran.err, HasSubstr("line 2 column w byte " + std::to_string(bad.size() == 3 ? 22 : 25)));
    EXPECT_THAT(ran.err, HasSubstr(says));
    EXPECT_THAT(ran.err, HasSubstr("SQLSTATE 22021"));
  }
}

}  // namespace
}  // namespace peo::test
