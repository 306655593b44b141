// What follows a commit: its message is published, it is counted once, and a lost reply is resolved.
#include "unit/loader/fakes.hpp"

namespace peo::loader {
namespace {

using ::testing::ElementsAre;

class Commit : public LoaderTest {
 protected:
  Commit() {
    options.notifications = true;
    for (const int hour : {1, 2}) source.put(at_hour("orders", hour), fmt::format("I,{},a\n", hour));
  }
};

TEST_F(Commit, AMessageIsPublishedAfterItsCommitAndBeforeTheNextDelivery) {
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal, ElementsAre("Compacted: orders/20220922-010000000", "commit", "publish 1", "mark 1",
                                   "Compacted: orders/20220922-020000000", "commit", "publish 2", "mark 2"));
}

TEST_F(Commit, NothingIsPublishedWhereNotificationsAreOffOrNothingPersists) {
  options.notifications = false;
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal, ElementsAre("Compacted: orders/20220922-010000000", "commit",
                                   "Compacted: orders/20220922-020000000", "commit"));
  options.notifications = true;
  target.persists_ = false;
  target.outbox().messages.clear();
  source.put(at_hour("orders", 3), "I,3,a\n");
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal, ElementsAre("Compacted: orders/20220922-030000000", "commit"));
  EXPECT_EQ(logged("dry run, would persist"), 1);
}

TEST_F(Commit, LoadingGoesOnWithoutTheBroker) {
  options.retry_time = std::chrono::seconds(0);  // for the last try at the end
  notifier.away = true;
  EXPECT_EQ(run(), ExitCode::TryAgain);
  EXPECT_THAT(loads.rows, ElementsAre("1,a", "2,a"));
  EXPECT_EQ(target.outbox().messages.size(), 2);
  notifier.away = false;
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal, ElementsAre("publish 1", "publish 2", "mark 1", "mark 2"));
}

TEST_F(Commit, ADeliveryIsCountedThoughTheConnectionIsLostWhileItsMessageIsMarked) {
  target.outbox().lose_connection = true;
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_EQ(logged("Delivery 1: processed ("), 1);
  EXPECT_EQ(logged("Delivery 1: prometheus counters incremented."), 1);
  // It is marked later, not sent again: the stream's duplicate window may be over by then.
  EXPECT_THAT(journal,
              ElementsAre("Compacted: orders/20220922-010000000", "commit", "publish 1", "open again",
                          "mark 1", "Compacted: orders/20220922-020000000", "commit", "publish 2", "mark 2"));
}

TEST_F(Commit, WhatWasAcknowledgedIsMarkedThoughALaterMessageFails) {
  options.retry_time = std::chrono::seconds(0);
  source.put(at_hour("orders", 3), "I,3,a\n");
  notifier.away = true;
  EXPECT_EQ(run(), ExitCode::TryAgain);
  notifier.away = false;
  notifier.fails_at = 3;
  journal.clear();
  EXPECT_EQ(run(), ExitCode::TryAgain);
  EXPECT_THAT(journal, ElementsAre("publish 1", "publish 2", "mark 1", "mark 2"));
  notifier.fails_at = 0;
  journal.clear();
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal, ElementsAre("publish 3", "mark 3"));
}

TEST_F(Commit, ALostReplyIsResolvedByTheLedger) {
  loads.lose_reply = at_hour("orders", 1);
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_EQ(logged("Delivery 1: it was committed before the connection was lost."), 1);
  EXPECT_EQ(logged("Delivery 1: processed ("), 1);
  EXPECT_THAT(journal,
              ElementsAre("Compacted: orders/20220922-010000000", "commit", "open again", "publish 1",
                          "mark 1", "Compacted: orders/20220922-020000000", "commit", "publish 2", "mark 2"));
}

TEST_F(Commit, LostRepliesOfAPipelineAreResolvedTogether) {
  loads.pipeline_size = 10;
  loads.lose_reply = at_hour("orders", 2);
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_EQ(logged("it was committed before the connection was lost."), 2);
  EXPECT_THAT(journal, ElementsAre("pipelined: orders/20220922-010000000 orders/20220922-020000000",
                                   "open again", "publish 1", "mark 1", "publish 2", "mark 2"));
}

TEST_F(Commit, WhatWasRolledBackIsLoadedAgain) {
  loads.lose_before_commit = at_hour("orders", 1);
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_EQ(logged("it was committed before the connection was lost."), 0);
  EXPECT_THAT(loads.rows, ElementsAre("1,a", "2,a"));
}

}  // namespace
}  // namespace peo::loader
