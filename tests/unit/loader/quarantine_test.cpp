// BAD_ROWS=quarantine_delivery: which deliveries are recorded as bad, and when there are too many.
#include "unit/loader/fakes.hpp"

namespace peo::loader {
namespace {

using ::testing::ElementsAre;

class QuarantineTest : public LoaderTest {
 protected:
  QuarantineTest() {
    options.bad_rows.action = BadRows::QuarantineDelivery;
    options.bad_rows.most_deliveries = 1;
  }
};

TEST_F(QuarantineTest, ABadDeliveryEndsTheRunUnlessThePolicySaysOtherwise) {
  options.bad_rows.action = BadRows::Stop;
  for (const int hour : {1, 2}) source.put(at_hour("orders", hour), fmt::format("I,{},a\n", hour));
  loads.bad = {at_hour("orders", 1)};
  EXPECT_EQ(run(), ExitCode::BadInput);
  EXPECT_THAT(journal, ElementsAre("Compacted: orders/20220922-010000000"));
}

TEST_F(QuarantineTest, ABadFileOfAGroupIsFoundOneByOne) {
  for (const int i : {1, 2, 3}) source.put(full_load("orders", i), fmt::format("{},a\n", i));
  loads.bad = {full_load("orders", 2)};
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal,
              ElementsAre("Direct: orders/LOAD00000001 orders/LOAD00000002 orders/LOAD00000003",
                          "Compacted: orders/LOAD00000001", "commit", "Compacted: orders/LOAD00000002",
                          "quarantine orders/LOAD00000002", "Compacted: orders/LOAD00000003", "commit"));
  EXPECT_THAT(loads.rows, ElementsAre("1,a", "3,a"));
}

TEST_F(QuarantineTest, OneMoreInARowThanAllowedEndsTheRun) {
  for (const int hour : {1, 2, 3}) source.put(at_hour("orders", hour), fmt::format("I,{},a\n", hour));
  loads.bad = {at_hour("orders", 1), at_hour("orders", 2)};
  EXPECT_EQ(run(), ExitCode::BadInput);
  EXPECT_THAT(journal,
              ElementsAre("Compacted: orders/20220922-010000000", "quarantine orders/20220922-010000000",
                          "Compacted: orders/20220922-020000000"));
  EXPECT_EQ(logged("MAX_BAD_DELIVERIES"), 1);
}

TEST_F(QuarantineTest, ALoadedDeliveryBetweenThemCountsAnew) {
  for (const int hour : {1, 2, 3}) source.put(at_hour("orders", hour), fmt::format("I,{},a\n", hour));
  loads.bad = {at_hour("orders", 1), at_hour("orders", 3)};
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(loads.rows, ElementsAre("2,a"));
}

TEST_F(QuarantineTest, ABadLateFileIsQuarantinedAndNotReportedAsApplied) {
  source.put(at_hour("orders", 5), "I,5,a\n");
  ASSERT_EQ(run(), ExitCode::Done);
  source.put(at_hour("orders", 4), "I,4,a\n");
  loads.bad = {at_hour("orders", 4)};
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal,
              ElementsAre("StagedText: orders/20220922-040000000", "quarantine orders/20220922-040000000"));
  EXPECT_EQ(logged("it arrived late"), 0);
}

}  // namespace
}  // namespace peo::loader
