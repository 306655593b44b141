// What concerns one table holds that table; the others are loaded.
#include "loader/holds.hpp"

#include "unit/loader/fakes.hpp"

namespace peo::loader {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class HoldsTest : public LoaderTest {
 protected:
  void put_changes() {
    for (int hour = 1; hour <= 3; ++hour) {
      source.put(at_hour("orders", hour), fmt::format("I,{},orders\n", hour));
      source.put(at_hour("executions", hour), fmt::format("I,{},executions\n", hour));
    }
  }
  static Delivery delivery(const std::string& name, const std::string& etag = "1") {
    Delivery one;
    one.object = {.key = key_of(name), .etag = etag, .size = 1, .last_modified = {}};
    one.entity = name.substr(0, name.find('/'));
    return one;
  }
};

TEST_F(HoldsTest, ABadFileHoldsItsTableOnly) {
  for (const std::size_t pipeline_size : {std::size_t{0}, std::size_t{10}}) {
    SCOPED_TRACE(pipeline_size);
    loads.pipeline_size = pipeline_size;
    loads.rows.clear();
    target.ledger().records.clear();
    put_changes();
    loads.bad = {at_hour("orders", 2)};
    loads.failing_in_pipeline = loads.bad;
    EXPECT_EQ(run(), ExitCode::BadInput);
    EXPECT_THAT(loads.rows, UnorderedElementsAre("1,orders", "1,executions", "2,executions", "3,executions"));
    EXPECT_THAT(metrics.snapshot().held.at("orders").reason,
                HasSubstr("dbo/orders/20220922-020000000.csv: "));
    EXPECT_EQ(metrics.snapshot().held.count("executions"), 0U);
    EXPECT_EQ(logged("ERROR"), 1U);
    EXPECT_EQ(logged("Summary: orders is held"), 1U);

    // The file was corrected.
    loads.bad.clear();
    loads.failing_in_pipeline.clear();
    EXPECT_EQ(run(), ExitCode::Done);
    EXPECT_THAT(std::vector(loads.rows.end() - 2, loads.rows.end()), ElementsAre("2,orders", "3,orders"));
    EXPECT_THAT(metrics.snapshot().held, IsEmpty());
  }
}

TEST_F(HoldsTest, TheExitCodeIsThatOfTheFirstProblem) {
  put_changes();
  loads.fails.emplace(at_hour("executions", 1), Error::configuration("the column a is missing", "Add it."));
  loads.bad = {at_hour("orders", 2)};
  EXPECT_EQ(run(), ExitCode::Configuration);
  EXPECT_THAT(loads.rows, ElementsAre("1,orders"));
  EXPECT_EQ(logged("Summary: executions is held"), 1U);
  EXPECT_EQ(logged("Summary: orders is held"), 1U);
}

TEST_F(HoldsTest, WhatConcernsAllEndsTheRun) {
  put_changes();
  loads.fails.emplace(at_hour("executions", 1), Error::internal("a fault"));
  EXPECT_EQ(run(), ExitCode::Internal);
  EXPECT_THAT(loads.rows, IsEmpty());
  loads.fails.clear();
  loads.fails.emplace(at_hour("executions", 1), Error::permission("no right").at(Step::Record));
  EXPECT_EQ(run(), ExitCode::PermissionDenied);
  EXPECT_THAT(loads.rows, IsEmpty());
}

TEST_F(HoldsTest, ARunOnceWaitsForALockedTableAsForAnythingThatMayPass) {
  options.retry_time = seconds(0);
  put_changes();
  loads.fails.emplace(at_hour("orders", 1), Error::retry("lock timeout").with_sqlstate("55P03"));
  EXPECT_EQ(run(), ExitCode::TryAgain);
  EXPECT_THAT(loads.rows, ElementsAre("1,executions", "2,executions", "3,executions"));
}

TEST_F(HoldsTest, AHeldTableIsTriedWithBackOffAndAtLeastHourly) {
  Holds holds(source, metrics);
  const std::vector due{delivery("orders/a"), delivery("executions/b")};
  const auto time = now();
  auto at = time;
  std::vector<std::chrono::seconds> waits;
  for (int tries = 0; tries < 12; ++tries) {
    holds.by_error(due[0], Error::bad_delivery("a value doesn't fit"), at);
    const auto tried = at;
    EXPECT_THAT(holds.waiting(due, at), ElementsAre("orders"));
    while (!holds.waiting(due, at).empty()) at += seconds(5);
    waits.push_back(std::chrono::duration_cast<seconds>(at - tried));
  }
  EXPECT_THAT(std::vector(waits.begin(), waits.begin() + 4),
              ElementsAre(seconds(15), seconds(30), minutes(1), minutes(2)));
  EXPECT_EQ(waits.back(), hours(1));
}

TEST_F(HoldsTest, ANewObjectARequestOrAnotherDefinitionIsTriedAtOnce) {
  Holds holds(source, metrics);
  std::vector due{delivery("orders/a", "1"), delivery("orders/b", "1")};
  const auto time = now();
  holds.by_error(due[1], Error::bad_delivery("a value doesn't fit"), time);
  EXPECT_THAT(holds.waiting(due, time), ElementsAre("orders"));
  due[1].object.etag = "2";
  EXPECT_THAT(holds.waiting(due, time), IsEmpty());
  due[1].object.etag = "1";
  due[1].request = Request{};
  EXPECT_THAT(holds.waiting(due, time), IsEmpty());
  due[1].request.reset();
  holds.try_again("orders");
  EXPECT_THAT(holds.waiting(due, time), IsEmpty());
}

TEST_F(HoldsTest, AHoldEndsWithTheObjectAndIsLoggedOnceAnHour) {
  Holds holds(source, metrics);
  const std::vector due{delivery("orders/a")};
  const auto time = now();
  ::testing::internal::CaptureStderr();
  source::Discovered found;
  found.held = {{.entity = "executions", .object_key = "dbo/executions/", .reason = "in doubt"}};
  found.due = due;
  for (int poll = 0; poll < 100; ++poll) {
    holds.listed(found, time + minutes(poll));
    holds.by_error(due[0], Error::bad_delivery("a value doesn't fit"), time + minutes(poll));
  }
  log = ::testing::internal::GetCapturedStderr();
  // Each at the beginning and after an hour; by then the delivery waits for its next try.
  EXPECT_EQ(logged("ERROR"), 3U);
  EXPECT_EQ(logged("is still held"), 1U);
  EXPECT_THAT(holds.objects(), ElementsAre(::testing::Pair("executions", "dbo/executions/"),
                                           ::testing::Pair("orders", due[0].object.key)));
  // A poll of other tables tells nothing of these.
  source::Discovered of_others;
  of_others.all = false;
  holds.listed(of_others, time + hours(3));
  EXPECT_FALSE(holds.empty());
  holds.listed({}, time + hours(3));
  EXPECT_TRUE(holds.empty());
  EXPECT_THAT(metrics.snapshot().held, IsEmpty());
}

}  // namespace
}  // namespace peo::loader
