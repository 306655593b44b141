// The state of the loading follows from the facts, alike for a running loader and for commands.
#include "operate/state.hpp"

#include <gmock/gmock.h>

#include "operate/status.hpp"
#include "operate/status_collector.hpp"

namespace peo::operate {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

const Time noon = Time(seconds(1'700'000'000));

ProcessNow working() {
  ProcessNow now{.ready = true, .timeout_seconds = 1830, .metrics = {}};
  now.metrics.leader = true;
  now.metrics.last_poll = noon;
  return now;
}
StateWord state(const ProcessNow& now, const std::string& holder = "") {
  return state_of(now, holder, noon, seconds(120));
}

TEST(State, CaughtUpWhenNothingWaits) { EXPECT_EQ(state(working()).word, "caught up"); }

TEST(State, BehindOnlyWhenAFileHasWaitedTooLong) {
  auto now = working();
  now.metrics.backlog["orders"] = {.files = 2, .bytes = 2048};
  now.metrics.oldest_waiting = noon - seconds(119);
  EXPECT_EQ(state(now).word, "caught up");
  now.metrics.oldest_waiting = noon - seconds(121);
  EXPECT_EQ(state(now).word, "behind");
  EXPECT_THAT(state(now).why, HasSubstr("2 files are waiting"));
}

TEST(State, StuckWhenNothingMoves) {
  auto now = working();
  now.idle_seconds = 1829;
  EXPECT_EQ(state(now).word, "caught up");
  now.idle_seconds = 1831;
  EXPECT_EQ(state(now).word, "stuck");
  EXPECT_THAT(state(now).why, HasSubstr("no progress"));
}

TEST(State, HeldWhenAnEntityIsAndSaysWhy) {
  auto now = working();
  now.metrics.held["orders"] = {.reason = "dbo/orders/x.csv.gz: came late"};
  EXPECT_EQ(state(now).word, "held");
  EXPECT_THAT(state(now).why, HasSubstr("orders: dbo/orders/x.csv.gz: came late"));
  EXPECT_THAT(state(now).hint, HasSubstr("replay KEY"));
}

// Of each table that is held: what was stored of its cause, as the ALTER that lets a column take wider
// values.
TEST(State, AHeldTableHasItsOwnHint) {
  Status status;
  status.now = noon;
  status.loaded_before = status.bucket_listed = true;
  status.entities["orders"].held = {.reason = "line 2 column qty: refused", .hint = "ALTER TABLE orders;"};
  status.entities["fills"].held = {.reason = "came late", .hint = ""};
  status.entities["lines"].held = {.reason = "line 3: refused", .hint = "ALTER TABLE lines;"};
  const auto text = status_text(status);
  EXPECT_THAT(text, HasSubstr("Held: orders: line 2 column qty: refused. ALTER TABLE orders;\n"));
  EXPECT_THAT(text, HasSubstr("Held: lines: line 3: refused. ALTER TABLE lines;\n"));
  const auto json = status_json(status);
  EXPECT_EQ(json["entities"]["orders"]["held_hint"], "ALTER TABLE orders;");
  EXPECT_EQ(json["entities"]["fills"]["held_hint"], nullptr);
  status.entities.erase("fills");
  status.entities.erase("orders");
  EXPECT_EQ(state_of(status).hint, "ALTER TABLE lines;");
}

TEST(State, StuckWithItsTroubleWhenNotReady) {
  auto now = working();
  now.ready = false;
  now.trouble = "the bucket says no";
  EXPECT_EQ(state(now).why, "the bucket says no");
  EXPECT_EQ(state(now).word, "stuck");
}

TEST(State, StartingBeforeTheFirstLook) {
  const ProcessNow now{.timeout_seconds = 1830, .metrics = {}};
  EXPECT_EQ(state(now).word, "starting");
}

TEST(State, StandingByNamesTheHolder) {
  auto now = working();
  now.ready = false;
  now.metrics.leader = false;
  EXPECT_EQ(state(now, "another").word, "standing by");
  EXPECT_THAT(state(now, "another").why, HasSubstr("another"));
}

TEST(State, StoppingComesFirst) {
  auto now = working();
  now.stopping = true;
  now.idle_seconds = 9999;
  EXPECT_EQ(state(now).word, "stopping");
}

// Each by itself keeps "caught up" from being shown.
TEST(State, NeverCaughtUpWhileSomethingIsMissing) {
  auto now = working();
  now.metrics.unmatched = {"dbo/a/", "dbo/b/"};
  EXPECT_EQ(state(now).word, "ignored");
  EXPECT_EQ(state(now).why, "2 prefixes match no table: dbo/a/, dbo/b/.");
  EXPECT_THAT(state(now).hint, HasSubstr("infer DIR"));
  now.metrics.unsent_messages = 7;
  EXPECT_EQ(state(now).word, "unsent");
  now.metrics.quarantined["orders"] = {.files = 1, .rows = 3};
  EXPECT_EQ(state(now).word, "quarantined");
  EXPECT_THAT(state(now).why, HasSubstr("1 file of orders is quarantined, 3 rows of orders are rejected."));
  EXPECT_THAT(state(now).hint, HasSubstr("replay KEY"));
  now.metrics.held["fills"] = {.reason = "x", .hint = "Only for fills."};
  EXPECT_EQ(state(now).word, "held");
  EXPECT_EQ(state(now).hint, "Only for fills.");
  now.metrics.held["orders"] = {.reason = "y"};
  EXPECT_THAT(state(now).hint, HasSubstr("paper-engine-orders status lists them"));
  // All of it is told, whatever the word.
  EXPECT_THAT(state(now).why,
              HasSubstr("3 rows of orders are rejected. 7 messages are not published. 2 prefixes"));
  now = working();
  // Only a full listing finds files whose names sort before the loaded ones.
  EXPECT_EQ(state(now).why, "All files found are loaded; the whole bucket has not been listed yet.");
  now.metrics.last_full_listing = noon - seconds(7500);
  EXPECT_EQ(state(now).why, "All files found are loaded; the whole bucket was last listed 2 h 5 min ago.");
  EXPECT_EQ(state(now).hint, "");
}

TEST(State, OfACommandIsThatOfALoader) {
  Status status;
  status.now = noon;
  status.loaded_before = status.bucket_listed = true;
  status.behind_after = seconds(120);
  EXPECT_EQ(state_of(status).word, "caught up");
  status.entities["orders"].backlog = source::Backlog{.files = 1, .bytes = 10, .oldest = noon - seconds(5)};
  EXPECT_EQ(state_of(status).word, "behind");  // nobody is loading
  status.loader = "another";
  EXPECT_EQ(state_of(status).word, "caught up");
  status.entities["orders"].quarantined.files = 1;
  EXPECT_EQ(state_of(status).word, "quarantined");
  status.entities["orders"].held = {.reason = "x"};
  EXPECT_EQ(state_of(status).word, "held");
  status.entities.clear();
  status.unmatched = {"dbo/a/"};
  EXPECT_EQ(state_of(status).word, "ignored");
  status.bucket_trouble = "no answer";
  EXPECT_EQ(state_of(status).word, "unknown");
}

// What only the process knows; not that of a loader of another target.
TEST(State, OfACommandBesideALoaderThatIsStuck) {
  Status status;
  status.now = noon;
  status.target = "here";
  status.loaded_before = status.bucket_listed = true;
  status.entities["orders"].held = {.reason = "x"};
  status.process = {{"target", "here"}, {"state", "stuck"}, {"why", "the bucket says no"}, {"hint", ""}};
  EXPECT_EQ(text_of(state_of(status)), "stuck: the bucket says no");
  status.process = {{"target", "here"}, {"state", "caught up"}, {"why", "Every file is loaded."}};
  EXPECT_EQ(state_of(status).word, "held");
}

TEST(State, IgnoredObjectsByReason) {
  Facts facts;
  EXPECT_TRUE(ignored_objects(facts).empty());
  facts.unmatched = {"dbo/a/"};
  facts.parquet = {2, "there is no DuckDB library"};
  facts.ignored[metrics::IgnoredObject::UnknownFile] = 1;
  facts.ignored[metrics::IgnoredObject::FolderMarker] = 5;
  std::vector<std::string> told;
  for (const auto& one : ignored_objects(facts)) told.push_back(one.what + ". " + one.why);
  EXPECT_THAT(told, ::testing::ElementsAre("1 prefix. No table of the target matches dbo/a/",
                                           "2 Parquet files. There is no DuckDB library",
                                           HasSubstr("1 file. The names are not")));
}

TEST(State, OfACommandThatKnowsTooLittle) {
  Status status;
  status.now = noon;
  EXPECT_EQ(state_of(status).word, "not loaded yet");
  status.loaded_before = true;
  EXPECT_EQ(state_of(status).word, "unknown");
  status.bucket_listed = true;
  status.loaded_before = false;
  EXPECT_EQ(state_of(status).word, "not loaded yet");
  status.unmatched = {"dbo/a/"};
  EXPECT_EQ(state_of(status).word, "ignored");
}

}  // namespace
}  // namespace peo::operate
