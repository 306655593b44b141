// A primary key that is wider than the source's ("Source key:" in the table's comment), as of executions that
// are distributed by their order. On a Citus cluster the table is distributed by the other column.
#include <fmt/format.h>

#include "fixture.hpp"
#include "support/citus.hpp"

namespace peo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class WiderKey : public LoaderTest {
 protected:
  void SetUp() override {
    if (CitusCluster::wanted()) execute("ALTER EVENT TRIGGER distribute DISABLE");
    execute(table_sql("fills", "id int, o int, v text CHECK (v <> 'bad'), PRIMARY KEY (id, o)") +
            "; COMMENT ON TABLE fills IS 'Source key: id.'");
    if (CitusCluster::wanted()) execute("SELECT create_distributed_table('fills', 'o')");
  }
  std::vector<std::string> fills() const {
    return query("SELECT id, o, v, event_id FROM fills ORDER BY 1, 2");
  }
  std::vector<std::string> removals() const {
    return query("SELECT event_id, key ->> 'id', key ->> 'o', delivery_id FROM loader_removals ORDER BY 1");
  }
  // Files of one second each, in order.
  void changes(const std::vector<std::string>& files) {
    for (const auto& text : files)
      bucket_.change("fills", "20220101-00000" + std::to_string(++files_) + "000", text);
  }
  int files_ = 0;
};

// Small files, some of which share a statement.
TEST_F(WiderKey, AChangeOfTheOtherColumnAddsNoRow) {
  changes({"I,1,10,a\nI,2,20,b\nI,3,30,c\n", "U,1,11,a\n", "I,4,40,x\nU,4,41,y\n", "D,2,,\nU,3,,C\n",
           "U,1,11,z\n"});
  load();
  EXPECT_THAT(fills(), ElementsAre("1|11|z|10", "3|30|C|9", "4|41|y|7"));
  EXPECT_THAT(removals(), ElementsAre("5|1|10|2", "8|2|20|4"));
  EXPECT_THAT(ledger_counts(), ElementsAre("3|0|0", "1|0|1", "1|0|0", "0|1|1", "0|1|0"));
  EXPECT_THAT(query("SELECT last_event_id FROM loader_state"), ElementsAre("10"));
  const auto verified = run_loader({program(), {"verify"}}, settings());
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

// The same where no index finds rows by the source's key: it is only slower.
TEST_F(WiderKey, NorWhereTheOtherColumnLeadsTheKey) {
  if (CitusCluster::wanted()) execute("SELECT undistribute_table('fills')");
  execute(
      "ALTER TABLE fills DROP CONSTRAINT fills_pkey, ADD PRIMARY KEY (o, id);"
      "COMMENT ON TABLE fills IS 'Source key: id.'");  // which undistribute_table drops
  if (CitusCluster::wanted()) execute("SELECT create_distributed_table('fills', 'o')");
  changes({"I,1,10,a\nI,2,20,b\nI,3,30,c\n", "U,1,11,a\n", "I,4,40,x\nU,4,41,y\n", "D,2,,\nU,3,,C\n",
           "U,1,11,z\n"});
  load();
  EXPECT_THAT(fills(), ElementsAre("1|11|z|10", "3|30|C|9", "4|41|y|7"));
  EXPECT_THAT(removals(), ElementsAre("5|1|10|2", "8|2|20|4"));
}

// Many rows, so that they are staged and compacted: each row moves to another order, within the file or not.
TEST_F(WiderKey, NorDoManyInAFile) {
  std::string first, second;
  for (int id = 1; id <= 3000; ++id) {
    first += fmt::format("I,{},{},a\n", id, id % 7);
    second += fmt::format("U,{0},{1},b\nU,{0},{2},c\n", id, id % 7 + 1, id % 3 == 0 ? id % 7 : 9);
  }
  changes({first, second});
  load();
  EXPECT_THAT(query("SELECT count(*), count(DISTINCT id), count(*) FILTER (WHERE v <> 'c') FROM fills"),
              ElementsAre("3000|3000|0"));
  EXPECT_THAT(query("SELECT count(*), count(DISTINCT event_id), count(DISTINCT key) FROM loader_removals"),
              ElementsAre("2000|2000|2000"));
  EXPECT_THAT(ledger_counts(), ElementsAre("3000|0|0", "2000|1000|2000"));
}

// While keys are swapped, the last row of a source key is the old key of another one.
TEST_F(WiderKey, SourceKeysThatChangePlaces) {
  changes({"I,1,10,a,\nI,2,20,b,\nI,3,30,c,\n", "U,2,10,a,1\nU,1,21,b,2\nU,4,30,c,3\n"});
  load({{"COLUMNS", "Op,*,BI_id"}});
  EXPECT_THAT(query("SELECT id, o, v FROM fills ORDER BY 1, 2"), ElementsAre("1|21|b", "2|10|a", "4|30|c"));
}

TEST_F(WiderKey, ABadRowRemovesNothing) {
  changes({"I,1,10,a\nI,2,20,b\n", "U,1,11,bad\nU,2,21,b\n"});
  load({{"BAD_ROWS", "quarantine_row"}});
  EXPECT_THAT(query("SELECT id, o, v FROM fills ORDER BY 1, 2"), ElementsAre("1|10|a", "2|21|b"));
  EXPECT_THAT(query("SELECT line, reason LIKE '%fills%' FROM loader_rejects"), ElementsAre("1|t"));
}

// The row that refuses the delete of the former key is none of the file.
TEST_F(WiderKey, ARefusedRemovalIsAnError) {
  if (CitusCluster::wanted()) GTEST_SKIP() << "Citus has no triggers on distributed tables.";
  execute(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE check_violation USING "
      "MESSAGE = "
      "'keep it'; END $$; CREATE TRIGGER refuse BEFORE DELETE ON fills FOR EACH ROW EXECUTE FUNCTION "
      "refuse()");
  changes({"I,1,10,a\n", "U,1,11,a\n"});
  const auto ran = run({{"BAD_ROWS", "quarantine_row"}});
  EXPECT_EQ(ran.status, 65) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("keep it"));
  EXPECT_THAT(query("SELECT id, o FROM fills"), ElementsAre("1|10"));
}

}  // namespace
}  // namespace peo::test
