// Objects that are listed, but aren't there as they were listed when they are read, or are refused.
#include "unit/loader/fakes.hpp"

namespace peo::loader {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class UnreadableTest : public LoaderTest {
 protected:
  void put_changes() {
    for (int hour = 4; hour <= 6; ++hour) {
      source.put(at_hour("orders", hour), fmt::format("I,{},orders\n", hour));
      source.put(at_hour("executions", hour), fmt::format("I,{},executions\n", hour));
    }
  }
  std::string held() const {
    const auto snapshot = metrics.snapshot();
    const auto found = snapshot.held.find("orders");
    return found == snapshot.held.end() ? "" : found->second.reason;
  }
};

TEST_F(UnreadableTest, HoldsItsTableOnly) {
  for (const std::size_t pipeline_size : {std::size_t{0}, std::size_t{10}}) {
    SCOPED_TRACE(pipeline_size);
    loads.pipeline_size = pipeline_size;
    loads.rows.clear();
    target.ledger().records.clear();
    put_changes();
    source.ghosts = {at_hour("orders", 5)};
    EXPECT_EQ(run(), ExitCode::TryAgain);
    EXPECT_THAT(loads.rows, UnorderedElementsAre("4,executions", "4,orders", "5,executions", "6,executions"));
    EXPECT_THAT(held(), HasSubstr("dbo/orders/20220922-050000000.csv: it is listed, but can't be read"));
    EXPECT_THAT(log, HasSubstr("skip dbo/orders/20220922-050000000.csv --reason WHY"));

    target.ledger().requests = {{{1, Request::Verb::Skip, "gone"}, key_of(at_hour("orders", 5))}};
    EXPECT_EQ(run(), ExitCode::Done);
    EXPECT_EQ(loads.rows.back(), "6,orders");
    EXPECT_EQ(held(), "");
  }
}

TEST_F(UnreadableTest, IsLoadedOnceItIsThere) {
  put_changes();
  source.ghosts = {at_hour("orders", 5)};
  EXPECT_EQ(run(), ExitCode::TryAgain);
  source.ghosts.clear();
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(loads.rows, UnorderedElementsAre("4,executions", "4,orders", "5,executions", "6,executions",
                                               "5,orders", "6,orders"));
}

// Nobody has to decide anything: the next listing has the object as it is now.
TEST_F(UnreadableTest, AnObjectThatIsWrittenWhileItIsReadIsListedAgain) {
  put_changes();
  source.rewritten_when_read[key_of(at_hour("orders", 5))] = "I,5,new\n";
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(loads.rows, UnorderedElementsAre("4,executions", "4,orders", "5,executions", "6,executions",
                                               "5,new", "6,orders"));
  EXPECT_EQ(logged("ERROR"), 0U);
}

TEST_F(UnreadableTest, FullLoadsLateFilesAndReloadsAreHeldToo) {
  source.put(full_load("orders", 1), "1,a\n");
  source.put(full_load("orders", 2), "2,a\n");
  source.ghosts = {full_load("orders", 2)};
  source.put(full_load("executions", 1), "1,e\n");
  EXPECT_EQ(run(), ExitCode::TryAgain);
  EXPECT_THAT(loads.rows, ElementsAre("1,e"));
  source.ghosts.clear();
  source.put(at_hour("orders", 5), "I,5,a\n");
  EXPECT_EQ(run(), ExitCode::Done);

  source.put(at_hour("orders", 4), "I,4,a\n");
  source.put(at_hour("executions", 7), "I,7,e\n");
  source.ghosts = {at_hour("orders", 4)};
  EXPECT_EQ(run(), ExitCode::TryAgain);
  EXPECT_THAT(held(), HasSubstr("040000000"));
  EXPECT_EQ(loads.rows.back(), "7,e");

  source.put(full_load("orders", 1), "1,b\n");
  source.put(full_load("orders", 2), "2,b\n");
  source.put(at_hour("executions", 8), "I,8,e\n");
  source.ghosts = {full_load("orders", 1)};
  EXPECT_EQ(run(), ExitCode::TryAgain);
  EXPECT_THAT(held(), HasSubstr("LOAD00000001"));
  EXPECT_EQ(loads.rows.back(), "8,e");
}

// An archived object, or one that is encrypted with a key of its own.
TEST_F(UnreadableTest, AnObjectThatIsRefusedHoldsItsTableOnly) {
  put_changes();
  source.refused = {at_hour("orders", 5)};
  EXPECT_EQ(run(), ExitCode::PermissionDenied);
  EXPECT_THAT(loads.rows, UnorderedElementsAre("4,executions", "4,orders", "5,executions", "6,executions"));
  EXPECT_THAT(held(), HasSubstr("dbo/orders/20220922-050000000.csv: HTTP 403"));
  EXPECT_EQ(logged("Summary: orders is held"), 1U);
  // No other object is due, and this loader has read none.
  EXPECT_EQ(run(), ExitCode::PermissionDenied);
  EXPECT_EQ(logged("Summary: orders is held"), 1U);
  source.refused.clear();
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_EQ(loads.rows.back(), "6,orders");
}

TEST_F(UnreadableTest, ABucketThatRefusesEveryObjectConcernsAll) {
  put_changes();
  source.refused = {""};
  EXPECT_EQ(run(), ExitCode::PermissionDenied);
  EXPECT_EQ(held(), "");
  EXPECT_EQ(logged("ERROR"), 1U);
  EXPECT_EQ(logged("is held"), 0U);
}

}  // namespace
}  // namespace peo::loader
