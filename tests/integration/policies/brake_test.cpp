// MAX_REMOVE_SHARE: what would take away too much of a table stops, until an operator lets it through.
#include <fmt/format.h>

#include "../loader/fixture.hpp"

namespace peo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Brake : public LoaderTest {
 protected:
  void SetUp() override {
    execute(table_sql("t", "id int PRIMARY KEY, v text"));
    std::string rows;
    for (int i = 1; i <= 10; ++i) rows += fmt::format("{},a\n", i);
    bucket_.load("t", 1, rows);
    load();
  }
  std::string deletes(int from, int to) {
    std::string rows;
    for (int i = from; i <= to; ++i) rows += fmt::format("D,{},\n", i);
    return rows;
  }
  void stops(const LoaderSettings& limit, const std::string& figures) {
    const auto before = dumped();
    const auto ran = run(limit);
    EXPECT_EQ(ran.status, 65);
    EXPECT_THAT(texts_of(ran.err, "ERROR"), ElementsAre(HasSubstr(figures)));
    EXPECT_THAT(run_loader({program(), {"plan"}}, settings(limit)).err, HasSubstr(figures));
    EXPECT_EQ(dumped(), before);
  }
  void replay(const std::string& key) {
    EXPECT_EQ(run_loader({program(), {"replay", key}}, settings()).status, 0);
  }
  const LoaderSettings few_{{"MAX_REMOVE_ROWS", "2"}};
};

TEST_F(Brake, DeletesOfMoreThanHalf) {
  const auto key = bucket_.change("t", "20220101-000000001", deletes(1, 6) + "I,11,b\n");
  stops(
      few_,
      "it would remove 6 of the 10 rows of t, 60.0 percent (MAX_REMOVE_SHARE allows 50 percent, or 2 rows)");
  replay(key);
  load(few_);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "5");
  EXPECT_EQ(value("SELECT removed FROM loader_deliveries ORDER BY delivery_id DESC LIMIT 1"), "6");
}

TEST_F(Brake, HalfAndFewerRowsPass) {
  bucket_.change("t", "20220101-000000001", deletes(1, 5));
  bucket_.change("t", "20220101-000000002", deletes(6, 7));
  load(few_);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "3");
  bucket_.change("t", "20220101-000000003", deletes(8, 10));
  load({{"MAX_REMOVE_ROWS", "2"}, {"MAX_REMOVE_SHARE", "1"}});
  EXPECT_EQ(value("SELECT count(*) FROM t"), "0");
}

// The dry run counts rows that it has predicted itself.
TEST_F(Brake, CountsWhatEarlierFilesDid) {
  bucket_.change("t", "20220101-000000001", "I,11,b\nI,12,b\nI,13,b\nI,14,b\nU,1,c\n" + deletes(2, 3));
  bucket_.change("t", "20220101-000000002", deletes(4, 10));
  const auto ran = run_loader({program(), {"plan"}}, settings(few_));
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(ran.err, HasSubstr("it would remove 7 of the 12 rows"));
  EXPECT_THAT(run(few_).err, HasSubstr("it would remove 7 of the 12 rows"));
  EXPECT_THAT(ledger_counts(), ElementsAre("10|0|0", "4|1|2"));
}

TEST_F(Brake, AReload) {
  const auto key = bucket_.load("t", 1, "1,a\n2,b\n11,c\n");
  LoaderSettings limit{few_};
  limit["RELOAD_SETTLE"] = "0";
  stops(limit, "it would remove 8 of the 10 rows of t");
  replay(key);
  load(limit);
  EXPECT_EQ(value("SELECT count(*) FROM t"), "3");
  EXPECT_THAT(query("SELECT answer, delivery_id FROM loader_requests"), ElementsAre("loaded|2"));
  EXPECT_THAT(deliveries_in(load(limit)), IsEmpty());
}

// Skipped, all its files are left out; the table stays, changes go on, and the next reload is one again.
TEST_F(Brake, AReloadThatIsSkipped) {
  bucket_.load("t", 1, "1,a\n2,b\n11,c\n");
  const auto second = bucket_.load("t", 2, "12,d\n");
  LoaderSettings limit{few_};
  limit["RELOAD_SETTLE"] = "0";
  stops(limit, "it would remove 8 of the 10 rows of t");
  EXPECT_THAT(run(limit).err, HasSubstr("leaves all files of this full load out"));
  EXPECT_EQ(run_loader({program(), {"skip", second, "--reason", "a bad export"}}, settings()).status, 0);
  const auto plan = run_loader({program(), {"plan"}}, settings(limit));
  EXPECT_EQ(plan.status, 0) << plan.err;
  load(limit);
  EXPECT_EQ(value("SELECT count(*) FROM t WHERE v = 'a'"), "10");
  EXPECT_THAT(query("SELECT generation, turn, status, reason FROM loader_deliveries WHERE delivery_id > 1 "
                    "ORDER BY 1, 2"),
              ElementsAre("1|1|skipped|a bad export", "1|2|skipped|a bad export"));
  EXPECT_THAT(query("SELECT answer FROM loader_requests"), ElementsAre("skipped"));
  EXPECT_THAT(deliveries_in(load(limit)), IsEmpty());
  bucket_.change("t", "20990101-000000001", "U,1,changed\n");
  load(limit);
  EXPECT_EQ(value("SELECT v FROM t WHERE id = 1"), "changed");
  bucket_.remove("dbo/t/LOAD00000002.csv.gz");
  bucket_.load("t", 1, "1,r\n2,r\n3,r\n4,r\n5,r\n6,r\n7,r\n8,r\n9,r\n");
  load(limit);
  EXPECT_EQ(value("SELECT string_agg(v, ',' ORDER BY id) FROM t"), "changed,r,r,r,r,r,r,r,r");
  EXPECT_EQ(value("SELECT max(generation) FROM loader_deliveries"), "2");
}

}  // namespace
}  // namespace peo::test
