// Files that aren't simply the next one: late, rewritten, reloaded, skipped by an operator.
#include "unit/loader/fakes.hpp"

namespace peo::loader {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LateFilesTest : public LoaderTest {
 protected:
  void load_hour(int hour, const std::string& text) {
    source.put(at_hour("orders", hour), text);
    ASSERT_EQ(run(), ExitCode::Done);
  }
  std::string held() const {
    const auto snapshot = metrics.snapshot();
    const auto found = snapshot.held.find("orders");
    return found == snapshot.held.end() ? "" : found->second.reason;
  }
};

TEST_F(LateFilesTest, ALateFileIsComparedWithAllNewerOnes) {
  load_hour(5, "I,5,a\n");
  load_hour(6, "I,6,a\n");
  load_hour(4, "I,4,a\n");
  EXPECT_THAT(journal,
              ElementsAre("StagedText: orders/20220922-040000000", "newer: 5,a", "newer: 6,a", "commit"));
  EXPECT_EQ(logged("it arrived late; keys that later files changed keep those changes."), 1);
}

TEST_F(LateFilesTest, ALateFileHoldsItsEntityWhenANewerOneIsGone) {
  load_hour(5, "I,5,a\n");
  source.remove(at_hour("orders", 5));
  source.put(at_hour("orders", 4), "I,4,a\n");
  EXPECT_EQ(run(), ExitCode::BadInput);
  EXPECT_THAT(journal, ElementsAre("StagedText: orders/20220922-040000000"));
  EXPECT_THAT(held(), HasSubstr("was changed or deleted after it was loaded"));
}

TEST_F(LateFilesTest, AnOperatorsReplayIsLoadedThoughLateFilesAreHeld) {
  options.late_files = LateFiles::Hold;
  load_hour(5, "I,5,a\n");
  source.put(at_hour("orders", 4), "I,4,a\n");
  EXPECT_EQ(run(), ExitCode::BadInput);
  EXPECT_THAT(held(), HasSubstr("it arrived late (LATE_FILES=hold)"));
  target.ledger().requests = {{{1, Request::Verb::Replay, "checked"}, key_of(at_hour("orders", 4))}};
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(loads.rows, ElementsAre("5,a", "4,a"));
  EXPECT_EQ(held(), "");
}

TEST_F(LateFilesTest, AnOperatorSkipsAFile) {
  source.put(at_hour("orders", 4), "I,4,a\n");
  target.ledger().requests = {{{1, Request::Verb::Skip, "a test file"}, key_of(at_hour("orders", 4))}};
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal, ElementsAre("skip orders/20220922-040000000"));
}

TEST_F(LateFilesTest, TheSameBytesUnderAnotherETagAreNoted) {
  load_hour(5, "I,5,a\n");
  load_hour(5, "I,5,a\n");
  EXPECT_THAT(journal, ElementsAre("same bytes orders/20220922-050000000"));
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal, IsEmpty());
}

TEST_F(LateFilesTest, OtherBytesAreLoadedAsALateFile) {
  load_hour(5, "I,5,a\n");
  load_hour(6, "I,6,a\n");
  load_hour(5, "I,5,b\n");
  EXPECT_THAT(journal, ElementsAre("StagedText: orders/20220922-050000000", "newer: 6,a", "commit"));
  EXPECT_EQ(logged("it was rewritten after it was loaded as delivery 1"), 1);
}

TEST_F(LateFilesTest, ACopiedFullLoadIsNoReload) {
  for (int copies = 0; copies < 2; ++copies) {
    for (const int i : {1, 2}) source.put(full_load("orders", i), fmt::format("{},a\n", i));
    ASSERT_EQ(run(), ExitCode::Done);
  }
  EXPECT_THAT(journal, ElementsAre("same bytes orders/LOAD00000001", "same bytes orders/LOAD00000002"));
}

TEST_F(LateFilesTest, ABadFileOfAReloadIsNotQuarantined) {
  options.bad_rows.action = BadRows::QuarantineDelivery;
  for (const int i : {1, 2}) source.put(full_load("orders", i), fmt::format("{},a\n", i));
  ASSERT_EQ(run(), ExitCode::Done);
  for (const int i : {1, 2}) source.put(full_load("orders", i), fmt::format("{},b\n", i));
  loads.bad = {full_load("orders", 2)};
  EXPECT_EQ(run(), ExitCode::BadInput);
  EXPECT_THAT(journal, ElementsAre("Compacted: orders/LOAD00000001 orders/LOAD00000002"));
}

}  // namespace
}  // namespace peo::loader
