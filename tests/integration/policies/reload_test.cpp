// A full load that is written again: the table becomes what it holds, in one transaction, with true counts;
// then the changes named after it are loaded again.
#include <fmt/format.h>

#include <atomic>

#include "../loader/fixture.hpp"

namespace peo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class Reload : public LoaderTest {
 protected:
  void SetUp() override { execute(table_sql("t", "id int PRIMARY KEY, v text")); }

  // Writes a LOAD as of `minute` of 2022-01-01.
  void load_file(std::uint64_t counter, const std::string& text, int minute) {
    const auto key = bucket_.load("t", counter, text);
    const std::chrono::sys_seconds at =
        std::chrono::sys_days(std::chrono::year(2022) / 1 / 1) + std::chrono::minutes(minute);
    std::filesystem::last_write_time(bucket_.directory() / key, std::chrono::file_clock::from_sys(at));
  }
  void change(int minute, const std::string& text) {
    bucket_.change("t", fmt::format("20220101-{:02}{:02}00000", minute / 60, minute % 60), text);
  }
  std::vector<std::string> rows() const { return query("SELECT id, v FROM t ORDER BY id"); }
  std::string load_as_predicted() {
    const auto before = dumped();
    const auto predicted = load({{"DRY_RUN", "True"}});
    EXPECT_EQ(dumped(), before);
    const auto done = load();
    EXPECT_EQ(deliveries_in(predicted), deliveries_in(done));
    return done;
  }
};

TEST_F(Reload, TheDifferenceIsAppliedAndCounted) {
  load_file(1, "1,a\n2,b\n", 1);
  load_file(2, "3,c\n4,d\n", 2);
  load_file(3, "5,e\n", 3);
  change(10, "U,1,old\n");
  change(40, "U,2,newest\nI,7,g\n");
  load();
  // Without 3 and 5 (the third file is left from before), with 6; 1 and 4 as they are.
  load_file(1, "1,old\n2,B\n", 30);
  load_file(2, "4,d\n6,f\n", 31);
  const auto log = load_as_predicted();
  EXPECT_THAT(rows(), ElementsAre("1|old", "2|newest", "4|d", "6|f", "7|g"));
  // 2 is amended; 6 is created, 3, 5 and 7 go; then the change at 40 amends 2 and creates 7 again.
  EXPECT_THAT(
      query("SELECT generation, created, amended, removed FROM loader_deliveries WHERE delivery_id > 5 "
            "ORDER BY delivery_id"),
      ElementsAre("2|0|1|0", "2|1|0|3", "2|1|1|0"));
  EXPECT_THAT(query("SELECT key->>'id' FROM loader_removals ORDER BY event_id"), ElementsAre("3", "5", "7"));
  EXPECT_THAT(log, HasSubstr("generation 2"));
  EXPECT_EQ(
      value(
          "SELECT count(*) = count(DISTINCT event_id) FROM (SELECT event_id FROM t UNION ALL SELECT event_id "
          "FROM loader_removals) e"),
      "t");
  EXPECT_THAT(deliveries_in(load()), IsEmpty());
}

TEST_F(Reload, TheSameBytesAreNoted) {
  load_file(1, "1,a\n", 1);
  load_file(2, "2,b\n", 1);
  load();
  load_file(1, "1,a\n", 30);
  load_file(2, "2,b\n", 31);
  EXPECT_THAT(load_as_predicted(), HasSubstr("the same content"));
  EXPECT_EQ(value("SELECT max(generation) FROM loader_deliveries"), "1");
  EXPECT_THAT(load(), Not(HasSubstr("the same content")));
}

TEST_F(Reload, ItWaitsUntilItIsLeftAlone) {
  load_file(1, "1,a\n", 1);
  load();
  bucket_.load("t", 1, "2,b\n");  // now
  EXPECT_THAT(load(), HasSubstr("is being rewritten"));
  EXPECT_THAT(rows(), ElementsAre("1|a"));
  load({{"RELOAD_SETTLE", "0"}});
  EXPECT_THAT(rows(), ElementsAre("2|b"));
}

TEST_F(Reload, AFileThatComesLateAndIsOlderIsSuperseded) {
  load_file(1, "1,a\n", 1);
  change(20, "U,1,b\n");
  load();
  load_file(1, "1,c\n", 30);
  load();
  change(10, "U,1,late\n");
  execute("UPDATE loader_state SET last_full_listing_at = NULL");
  load_as_predicted();
  EXPECT_THAT(rows(), ElementsAre("1|c"));
  EXPECT_THAT(query("SELECT status FROM loader_deliveries WHERE delivery_id = 4"), ElementsAre("skipped"));
}

TEST_F(Reload, OneFileInTheMiddleHolds) {
  load_file(1, "1,a\n", 1);
  load_file(2, "2,b\n", 1);
  load();
  load_file(2, "2,c\n", 30);
  const auto ran = run();
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(texts_of(ran.err, "ERROR"), ElementsAre(HasSubstr("not a new full load")));
  EXPECT_THAT(rows(), ElementsAre("1|a", "2|b"));
}

// A reader at any moment sees the rows that both full loads have.
TEST_F(Reload, ReadersAlwaysSeeAFullTable) {
  std::string old_rows;
  std::string new_rows;
  for (int i = 0; i < 20000; ++i) {
    old_rows += fmt::format("{},old\n", i);
    new_rows += fmt::format("{},new\n", i + 100);
  }
  load_file(1, old_rows, 1);
  load();
  load_file(1, new_rows, 30);
  std::atomic<bool> done{false};
  std::vector<std::string> seen;
  std::thread reader([&] {
    Database reading(database_.conninfo());
    while (!done) {
      const auto counts = reading.value("SELECT count(*) || ' ' || count(DISTINCT v) FROM t");
      if (seen.empty() || seen.back() != counts) seen.push_back(counts);
    }
  });
  load();
  done = true;
  reader.join();
  for (const auto& counts : seen) EXPECT_EQ(counts, "20000 1");
  EXPECT_EQ(value("SELECT count(*) FROM t WHERE v = 'new'"), "20000");
  EXPECT_THAT(ledger_counts(), ElementsAre("20000|0|0", "100|19900|100"));
}

}  // namespace
}  // namespace peo::test
