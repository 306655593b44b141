// BAD_ROWS: a row that can't be loaded is rejected and the others are loaded, or its delivery is quarantined,
// or the loader stops; the same on every way into the table, and as a dry run predicts.
#include <fmt/format.h>

#include "../loader/fixture.hpp"

namespace peo::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class BadRows : public LoaderTest {
 protected:
  void SetUp() override {
    execute(table_sql(
        "t", "id int PRIMARY KEY, v varchar(5) NOT NULL, n numeric(4,1), d date CHECK (d > '2000-01-01')"));
  }
  LoaderSettings rows(const LoaderSettings& more = {}) const {
    LoaderSettings all{{"BAD_ROWS", "quarantine_row"}};
    for (const auto& [name, value] : more) all[name] = value;
    return all;
  }
  std::string load_as_predicted(const LoaderSettings& more) {
    const auto before = dumped();
    LoaderSettings dry = more;
    dry["DRY_RUN"] = "True";
    const auto predicted = load(dry);
    EXPECT_EQ(dumped(), before);
    auto done = load(more);
    EXPECT_EQ(deliveries_in(predicted), deliveries_in(done));
    return done;
  }
  std::vector<std::string> rejects() {
    return query("SELECT line, column_name, value, sqlstate FROM loader_rejects ORDER BY delivery_id, line");
  }
};

const std::string mixed =
    "I,1,a,1,2022-01-01\n"
    "I,2,a,x,2022-01-01\n"              // no number
    "I,3,longer,1,2022-01-01\n"         // too long
    "I,4,a,1\n"                         // too narrow
    "X,5,a,1,2022-01-01\n"              // no Op
    "I,6,\"a\xff\"\"\",1,2022-01-01\n"  // no UTF-8
    "I,7,a,12345,2022-01-01\n"          // out of range
    "I,8,a,1,1999-01-01\n"              // against the CHECK
    "I,9,\"q\"\"q\",1,2022-01-32\n"     // no day
    "I,10,b,2,2022-01-02\n"
    "I,1,zz,3,1999-01-01\n"  // the first row stands
    "U,10,c,x,2022-01-02\n"  // and so does the one before
    "D,77,nothing,is,looked at\n";

// What the mixed file does to a table, however it gets there.
class EveryWay : public BadRows, public ::testing::WithParamInterface<int> {};

TEST_P(EveryWay, GoodRowsGoInBadOnesAreSetAside) {
  std::string text = mixed;
  for (int i = 0; i < GetParam(); ++i) text += fmt::format("I,{},f,1,2022-01-01\n", 1000 + i);
  bucket_.change("t", "20220101-000000001", text);
  const auto log = load_as_predicted(rows());
  EXPECT_THAT(query("SELECT id, v, n, d FROM t WHERE id < 1000 ORDER BY id"),
              ElementsAre("1|a|1.0|2022-01-01", "10|b|2.0|2022-01-02"));
  EXPECT_THAT(rejects(), ElementsAre("2|n|x|22P02", "3|v|longer|22001", "4|∅|∅|∅", "5|∅|∅|∅",
                                     "6|v|a\\xff\"\"|22021", "7|n|12345|22003", "8|∅|∅|23514",
                                     "9|d|2022-01-32|22008", "11|∅|∅|23514", "12|n|x|22P02"));
  EXPECT_THAT(query("SELECT rows_read, created, amended, removed, rejected, status FROM loader_deliveries"),
              ElementsAre(fmt::format("{}|{}|0|0|10|loaded", 13 + GetParam(), 2 + GetParam())));
  EXPECT_EQ(value("SELECT encode(raw, 'escape') FROM loader_rejects WHERE line = 9"),
            "I,9,\"q\"\"q\",1,2022-01-32");
  EXPECT_EQ(value("SELECT encode(raw, 'hex') FROM loader_rejects WHERE line = 6"),
            "492c362c2261ff2222222c312c323032322d30312d3031");
  EXPECT_EQ(value("SELECT byte_offset FROM loader_rejects WHERE line = 3"), "38");
  EXPECT_THAT(log, HasSubstr("line 7 column n is rejected"));
  EXPECT_THAT(log, HasSubstr("10 rows were rejected"));
  EXPECT_THAT(deliveries_in(load(rows())), IsEmpty());
}

// Small, and one that is copied in several batches.
INSTANTIATE_TEST_SUITE_P(BadRows, EveryWay, ::testing::Values(0, 20000));

TEST_F(BadRows, InAFullLoad) {
  bucket_.load("t", 1, "1,a,1,2022-01-01\n2,b,x,2022-01-01\n3,c,1,1999-01-01\n4,NULL,1,2022-01-01\n");
  bucket_.load("t", 2, "5,a,1,2022-01-01\n1,again,1,2022-01-01\n");
  load_as_predicted(rows());
  EXPECT_THAT(query("SELECT id, v FROM t ORDER BY id"), ElementsAre("1|again", "5|a"));
  EXPECT_THAT(rejects(), ElementsAre("2|n|x|22P02", "3|∅|∅|23514", "4|v|∅|23502"));
  EXPECT_THAT(ledger_counts(), ElementsAre("1|0|0", "1|1|0"));
  // The table is what the files say but for the rows that were rejected, and so not equal to the source.
  // With another BAD_ROWS, too: they are rejected as when the files were loaded.
  for (const auto& now : {rows(), LoaderSettings{}}) {
    const auto verified = run_loader({program(), {"verify"}}, settings(now));
    EXPECT_EQ(verified.status, 65) << verified.out << verified.err;
    EXPECT_THAT(verified.out,
                AllOf(HasSubstr("equal to its loaded files"), HasSubstr("Incomplete: 3 rows are rejected")));
  }
}

TEST_F(BadRows, AKeyThatChangesToABadRow) {
  bucket_.load("t", 1, "1,a,1,2022-01-01\n2,b,1,2022-01-01\n");
  load();
  bucket_.change("t", "20220101-000000001",
                 "U,3,a,x,2022-01-01,1\nU,4,b,1,1999-01-01,2\nU,1,c,1,2022-01-01,\n");
  load_as_predicted(rows({{"COLUMNS", "Op,*,BI_id"}}));
  EXPECT_THAT(query("SELECT id, v FROM t ORDER BY id"), ElementsAre("1|c", "2|b"));
  EXPECT_THAT(rejects(), ElementsAre("1|n|x|22P02", "2|∅|∅|23514"));
}

TEST_F(BadRows, MoreThanMayBeStop) {
  bucket_.change("t", "20220101-000000001", mixed);
  const auto before = dumped();
  const auto ran = run(rows({{"MAX_BAD_ROWS", "9"}}));
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(texts_of(ran.err, "ERROR"),
              ElementsAre(AllOf(HasSubstr("more than 9"), HasSubstr("MAX_BAD_ROWS"))));
  EXPECT_THAT(query("SELECT count(*) FROM t"), ElementsAre("0"));
  load(rows({{"MAX_BAD_ROWS", "10"}}));
}

TEST_F(BadRows, WhatIsNoRowsFaultStops) {
  bucket_.change("t", "20220101-000000001", "I,1,a,1,2022-01-01\nI,2,\"a,1,2022-01-01\n");
  EXPECT_EQ(run(rows()).status, 65);
}

// A file behind a late one may hold bad rows: its keys stand.
TEST_F(BadRows, BehindALateFile) {
  bucket_.change("t", "20220101-000000002", "I,1,a,1,2022-01-01\nI,2,a,x,2022-01-01\nI,3,a\n");
  load(rows());
  bucket_.change("t", "20220101-000000001", "I,1,late,1,2022-01-01\nI,3,late,1,2022-01-01\n");
  load_as_predicted(rows());
  EXPECT_THAT(query("SELECT id, v FROM t ORDER BY id"), ElementsAre("1|a", "3|late"));
}

TEST_F(BadRows, ADeliveryIsSetAsideAndOfferedAgain) {
  const LoaderSettings settings{{"BAD_ROWS", "quarantine_delivery"}};
  bucket_.load("t", 1, "1,a,1,2022-01-01\n");
  bucket_.load("t", 2, "2,a,x,2022-01-01\n");
  bucket_.change("t", "20220101-000000001", "U,1,bad,x,2022-01-01\n");
  bucket_.put("dbo/t/20220101-000000002.csv.gz", gzipped("U,1,cut,1,2022-01-01\n").substr(0, 30));
  bucket_.change("t", "20220101-000000003", "U,1,c,3,2022-01-01\nI,3,c,3,2022-01-01\n");
  const auto log = load_as_predicted(settings);
  EXPECT_THAT(query("SELECT id, v FROM t ORDER BY id"), ElementsAre("1|c", "3|c"));
  EXPECT_THAT(query("SELECT status, created, amended, removed FROM loader_deliveries ORDER BY delivery_id"),
              ElementsAre("loaded|1|0|0", "quarantined|0|0|0", "quarantined|0|0|0", "quarantined|0|0|0",
                          "loaded|1|1|0"));
  EXPECT_THAT(query("SELECT reason FROM loader_deliveries WHERE delivery_id = 3"),
              ElementsAre(AllOf(HasSubstr("line 1 column n"), HasSubstr("22P02"))));
  EXPECT_THAT(texts_of(log, "WARNING"), SizeIs(3));
  EXPECT_THAT(deliveries_in(load(settings)), IsEmpty());
  // Fixed, it is a file that arrives late: key 1 is what the later file says.
  bucket_.change("t", "20220101-000000001", "U,1,bad,1,2022-01-01\nI,4,d,1,2022-01-01\n");
  load_as_predicted(settings);
  EXPECT_THAT(query("SELECT id, v FROM t ORDER BY id"), ElementsAre("1|c", "3|c", "4|d"));
}

TEST_F(BadRows, OperatorsOnWhatIsSetAside) {
  const LoaderSettings settings{{"BAD_ROWS", "quarantine_delivery"}};
  const auto key =
      bucket_.change("t", "20220101-000000001", "I,1,toolong,1,2022-01-01\nI,2,a,1,2022-01-01\n");
  load(settings);
  EXPECT_EQ(run_loader({program(), {"replay", key}}, this->settings()).status, 0);
  load(rows());
  EXPECT_THAT(query("SELECT id FROM t"), ElementsAre("2"));
  // The runbook's query has what is left to do.
  const auto operations = read_file(source_dir() / "docs/operations.md");
  const auto begin = operations.find("SELECT object_key, line, column_name");
  ASSERT_NE(begin, std::string::npos);
  const auto open_rejects = operations.substr(begin, operations.find(';', begin) - begin);
  EXPECT_THAT(query(open_rejects), ElementsAre(testing::StartsWith(key + "|1|v|toolong|")));
  execute("ALTER TABLE t ALTER v TYPE text");
  EXPECT_EQ(run_loader({program(), {"replay", key}}, this->settings()).status, 0);
  load(rows());
  EXPECT_THAT(query("SELECT id, v FROM t ORDER BY id"), ElementsAre("1|toolong", "2|a"));
  EXPECT_THAT(query("SELECT turn, status, created, rejected FROM loader_deliveries ORDER BY delivery_id"),
              ElementsAre("1|quarantined|0|0", "2|loaded|1|1", "3|loaded|1|0"));
  EXPECT_THAT(query(open_rejects), IsEmpty());
}

TEST_F(BadRows, MoreDeliveriesThanMayBeStop) {
  for (int i = 1; i <= 3; ++i)
    bucket_.change("t", fmt::format("20220101-00000000{}", i), "I,1,toolong,1,2022-01-01\n");
  const auto ran = run({{"BAD_ROWS", "quarantine_delivery"}, {"MAX_BAD_DELIVERIES", "2"}});
  EXPECT_EQ(ran.status, 65);
  EXPECT_THAT(texts_of(ran.err, "ERROR"), ElementsAre(HasSubstr("MAX_BAD_DELIVERIES")));
  EXPECT_EQ(value("SELECT count(*) FROM loader_deliveries"), "2");
}

}  // namespace
}  // namespace peo::test
