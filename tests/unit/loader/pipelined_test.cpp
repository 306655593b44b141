// Small deliveries in a pipeline: what may go in, and what happens to those behind one that fails.
#include "unit/loader/fakes.hpp"

namespace peo::loader {
namespace {

using ::testing::ElementsAre;

class Pipelined : public LoaderTest {
 protected:
  Pipelined() {
    loads.pipeline_size = 3;
    for (const int hour : {1, 2, 3, 4}) source.put(at_hour("orders", hour), fmt::format("I,{},a\n", hour));
  }
};

TEST_F(Pipelined, SmallDeliveriesAreLoadedInGroups) {
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal, ElementsAre("pipelined: orders/20220922-010000000 orders/20220922-020000000 "
                                   "orders/20220922-030000000",
                                   "pipelined: orders/20220922-040000000"));
  EXPECT_THAT(loads.rows, ElementsAre("1,a", "2,a", "3,a", "4,a"));
}

TEST_F(Pipelined, OneThatThePipelineRefusesIsLoadedByItself) {
  loads.not_in_pipeline = {at_hour("orders", 2)};
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal,
              ElementsAre("pipelined: orders/20220922-010000000", "StagedText: orders/20220922-020000000",
                          "commit", "pipelined: orders/20220922-030000000 orders/20220922-040000000"));
  EXPECT_THAT(loads.rows, ElementsAre("1,a", "2,a", "3,a", "4,a"));
}

// Few bytes may be many rows: objects are compressed.
TEST_F(Pipelined, OneWithManyRowsIsLoadedByItself) {
  std::string text;
  for (int i = 0; i < 1001; ++i) text += fmt::format("I,{},b\n", i);
  source.put(at_hour("orders", 3), text);
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal, ElementsAre("pipelined: orders/20220922-010000000 orders/20220922-020000000",
                                   "StagedText: orders/20220922-030000000", "commit",
                                   "pipelined: orders/20220922-040000000"));
  EXPECT_EQ(loads.rows.size(), 1004);
}

TEST_F(Pipelined, AFailureInTheMiddleKeepsTheOrder) {
  loads.failing_in_pipeline = {at_hour("orders", 2)};
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal,
              ElementsAre("pipelined: orders/20220922-010000000", "StagedText: orders/20220922-020000000",
                          "commit", "pipelined: orders/20220922-030000000 orders/20220922-040000000"));
  EXPECT_THAT(loads.rows, ElementsAre("1,a", "2,a", "3,a", "4,a"));
}

// The failure comes before the file that ended the group: that one is small, or not, when it is its turn.
TEST_F(Pipelined, AFailureBeforeARefusedOneIsMetFirst) {
  loads.failing_in_pipeline = {at_hour("orders", 1)};
  loads.not_in_pipeline = {at_hour("orders", 3)};
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal,
              ElementsAre("pipelined: ", "StagedText: orders/20220922-010000000", "commit",
                          "pipelined: orders/20220922-020000000", "StagedText: orders/20220922-030000000",
                          "commit", "pipelined: orders/20220922-040000000"));
  EXPECT_THAT(loads.rows, ElementsAre("1,a", "2,a", "3,a", "4,a"));
}

TEST_F(Pipelined, WhatWasNotCommittedIsReadAndSentAgain) {
  loads.dropped_by_pipeline = {at_hour("orders", 2)};
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal, ElementsAre("pipelined: orders/20220922-010000000",
                                   "pipelined: orders/20220922-020000000 orders/20220922-030000000 "
                                   "orders/20220922-040000000"));
  EXPECT_THAT(loads.rows, ElementsAre("1,a", "2,a", "3,a", "4,a"));
}

TEST_F(Pipelined, AFileThatCantBeReadEndsTheRunAfterThoseBeforeIt) {
  source.put(at_hour("orders", 2), "I,2,\"a\n");  // the quote is never closed
  EXPECT_EQ(run(), ExitCode::BadInput);
  EXPECT_THAT(journal,
              ElementsAre("pipelined: orders/20220922-010000000", "StagedText: orders/20220922-020000000"));
}

}  // namespace
}  // namespace peo::loader
