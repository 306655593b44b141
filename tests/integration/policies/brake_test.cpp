// MAX_REMOVE_SHARE: what would take away too much of a table stops, until an operator lets it through.
#include <fmt/format.h>

#include "../loader/fixture.hpp"

namespace peo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A limit applies from 100,000 rows on, so the tables have blocks of 20,001 rows: block n holds the ids from
// n × 20,001 on.
class Brake : public LoaderTest {
 protected:
  static constexpr int block_ = 20'001;

  void SetUp() override {
    execute(table_sql("t", "id int PRIMARY KEY, v text"));
    bucket_.load("t", 1, blocks("", 1, 10, "a"));
    load();
  }
  static std::string blocks(const std::string& operation, int from, int to, const std::string& v) {
    std::string rows;
    for (int id = from * block_; id < (to + 1) * block_; ++id)
      rows += fmt::format("{}{},{}\n", operation, id, v);
    return rows;
  }
  static std::string inserts(int from, int to) { return blocks("I,", from, to, "b"); }
  static std::string deletes(int from, int to) { return blocks("D,", from, to, ""); }
  std::string count() { return value("SELECT count(*) FROM t"); }
  void stops(const LoaderSettings& more, const std::string& figures) {
    const auto before = dumped();
    const auto ran = run(more);
    EXPECT_EQ(ran.status, 65);
    EXPECT_THAT(texts_of(ran.err, "ERROR"), ElementsAre(HasSubstr(figures)));
    EXPECT_THAT(run_loader({program(), {"plan"}}, settings(more)).err, HasSubstr(figures));
    EXPECT_TRUE(dumped() == before);  // too much to be shown
  }
  void replay(const std::string& key) {
    EXPECT_EQ(run_loader({program(), {"replay", key}}, settings()).status, 0);
  }
  const LoaderSettings settled_{{"RELOAD_SETTLE", "0"}};
};

TEST_F(Brake, DeletesOfMoreThanHalf) {
  const auto key = bucket_.change("t", "20220101-000000001", deletes(1, 6) + inserts(11, 11));
  stops({},
        "it would remove 120006 of the 200010 rows of t, 60.0 percent (MAX_REMOVE_SHARE allows 50 percent, "
        "or 100000 rows)");
  replay(key);
  load();
  EXPECT_EQ(count(), "100005");
  EXPECT_EQ(value("SELECT removed FROM loader_deliveries ORDER BY delivery_id DESC LIMIT 1"), "120006");
}

// Half of the rows, then most of them but fewer than 100,000, then all with the limit switched off.
TEST_F(Brake, HalfAndFewerRowsPass) {
  bucket_.change("t", "20220101-000000001", deletes(1, 5));
  bucket_.change("t", "20220101-000000002", deletes(6, 9));
  load();
  EXPECT_EQ(count(), "20001");
  bucket_.change("t", "20220101-000000003", inserts(11, 15));
  bucket_.change("t", "20220101-000000004", deletes(10, 15));
  load({{"MAX_REMOVE_SHARE", "1"}});
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
}

// The dry run counts rows that it has predicted itself.
TEST_F(Brake, CountsWhatEarlierFilesDid) {
  bucket_.change("t", "20220101-000000001", inserts(11, 14) + blocks("U,", 1, 1, "c") + deletes(2, 3));
  bucket_.change("t", "20220101-000000002", deletes(4, 10));
  const auto ran = run_loader({program(), {"plan"}}, settings());
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(ran.err, HasSubstr("it would remove 140007 of the 240012 rows"));
  EXPECT_THAT(run().err, HasSubstr("it would remove 140007 of the 240012 rows"));
  EXPECT_THAT(ledger_counts(), ElementsAre("200010|0|0", "80004|20001|40002"));
}

TEST_F(Brake, AReload) {
  const auto key = bucket_.load("t", 1, blocks("", 1, 2, "a") + blocks("", 11, 11, "c"));
  stops(settled_, "it would remove 160008 of the 200010 rows of t");
  replay(key);
  load(settled_);
  EXPECT_EQ(count(), "60003");
  EXPECT_THAT(query("SELECT answer, delivery_id FROM loader_requests"), ElementsAre("loaded|2"));
  EXPECT_THAT(deliveries_in(load(settled_)), IsEmpty());
}

// Skipped, all its files are left out; the table stays, changes go on, and the next reload is one again.
TEST_F(Brake, AReloadThatIsSkipped) {
  bucket_.load("t", 1, blocks("", 1, 2, "a") + blocks("", 11, 11, "c"));
  const auto second = bucket_.load("t", 2, blocks("", 12, 12, "d"));
  stops(settled_, "it would remove 160008 of the 200010 rows of t");
  EXPECT_THAT(run(settled_).err, HasSubstr("skips all files of this full load"));
  EXPECT_EQ(run_loader({program(), {"skip", second, "--reason", "a bad export"}}, settings()).status, 0);
  const auto plan = run_loader({program(), {"plan"}}, settings(settled_));
  EXPECT_EQ(plan.status, 0) << plan.err;
  load(settled_);
  EXPECT_EQ(value("SELECT count(*) FROM t WHERE v = 'a'"), "200010");
  EXPECT_THAT(query("SELECT generation, turn, status, reason FROM loader_deliveries WHERE delivery_id > 1 "
                    "ORDER BY 1, 2"),
              ElementsAre("1|1|skipped|a bad export", "1|2|skipped|a bad export"));
  EXPECT_THAT(query("SELECT answer FROM loader_requests"), ElementsAre("skipped"));
  EXPECT_THAT(deliveries_in(load(settled_)), IsEmpty());
  bucket_.change("t", "20990101-000000001", "U,20001,changed\n");
  load(settled_);
  EXPECT_EQ(value("SELECT v FROM t WHERE id = 20001"), "changed");
  bucket_.remove("dbo/t/LOAD00000002.csv.gz");
  bucket_.load("t", 1, blocks("", 1, 9, "r"));
  load(settled_);
  EXPECT_THAT(query("SELECT v, count(*) FROM t GROUP BY v ORDER BY v"), ElementsAre("changed|1", "r|180008"));
  EXPECT_EQ(value("SELECT max(generation) FROM loader_deliveries"), "2");
}

}  // namespace
}  // namespace peo::test
