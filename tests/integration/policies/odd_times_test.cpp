// Times that can't be: names of the future or of no year, clocks that were ahead. Nothing is hidden by them,
// and no other table waits for them.
#include "../loader/fixture.hpp"

namespace peo::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class OddTimes : public LoaderTest {
 protected:
  void SetUp() override {
    execute(table_sql("t", "id int PRIMARY KEY, v text"));
    bucket_.load("t", 1, "1,a\n");
    bucket_.change("t", "20220101-000000000", "U,1,b\n");
  }
  std::vector<std::string> rows() const { return query("SELECT id, v FROM t ORDER BY id"); }
};

TEST_F(OddTimes, NameOfTheFutureHidesNoLaterFile) {
  bucket_.change("t", "99991231-235959999", "U,1,future\n");
  EXPECT_THAT(load(), HasSubstr("is later than the time at which it was written"));
  bucket_.change("t", "20220101-000100000", "U,1,c\nI,2,c\n");
  load();
  // In the order of the names, as ever.
  EXPECT_THAT(rows(), ElementsAre("1|future", "2|c"));
  EXPECT_THAT(query("SELECT name_time AT TIME ZONE 'UTC' FROM loader_deliveries WHERE kind = 'change'"),
              Contains("9999-12-31 23:59:59.999"));
}

TEST_F(OddTimes, NameOfTheFutureThatIsSkippedMakesNoFileLate) {
  bucket_.change("t", "99991231-235959999", "U,1,future\n");
  run_loader({program(), {"migrate"}}, settings());
  const auto skip = run_loader(
      {program(), {"skip", "dbo/t/99991231-235959999.csv.gz", "--reason", "a wrong clock"}}, settings());
  EXPECT_EQ(skip.status, 0) << skip.err;
  load();
  bucket_.change("t", "20220101-000100000", "I,2,c\n");
  load({{"LATE_FILES", "hold"}});
  EXPECT_THAT(rows(), ElementsAre("1|b", "2|c"));
}

TEST_F(OddTimes, NamesOfEveryYearAreLoadedAndYear0IsIgnored) {
  bucket_.change("t", "00000101-000000000", "U,1,nothing\n");
  bucket_.change("t", "00010101-000000000", "U,1,first\n");
  EXPECT_THAT(load(), HasSubstr("00000101-000000000"));
  EXPECT_THAT(rows(), ElementsAre("1|b"));
  EXPECT_EQ(value("SELECT min(name_time) AT TIME ZONE 'UTC' FROM loader_deliveries WHERE kind = 'change'"),
            "0001-01-01 00:00:00");
}

TEST_F(OddTimes, FullListingOfTheFutureIsDue) {
  load();
  execute("UPDATE loader_state SET last_full_listing_at = now() + interval '30 days'");
  bucket_.change("t", "20210101-000000000", "I,2,late\n");  // outside of the look-back window
  load();
  EXPECT_THAT(rows(), ElementsAre("1|b", "2|late"));
  EXPECT_EQ(value("SELECT last_full_listing_at <= clock_timestamp() FROM loader_state"), "t");
}

}  // namespace
}  // namespace peo::test
