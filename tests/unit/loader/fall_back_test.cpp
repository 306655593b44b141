// Which method a delivery is loaded by, and by which one next when the first can't load it.
#include "unit/loader/fakes.hpp"

namespace peo::loader {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using enum target::LoadMethod;
using Reason = target::FallBack::Reason;

TEST(NextMethod, IsThatOfTheTableForEveryPair) {
  using target::LoadMethod;
  const std::map<std::pair<LoadMethod, Reason>, LoadMethod> table{
      {{Direct, Reason::ValueNotEncoded}, DirectText},
      {{DirectAlone, Reason::ValueNotEncoded}, DirectText},
      {{DirectText, Reason::ValueNotEncoded}, StagedText},
      {{Compacted, Reason::ValueNotEncoded}, StagedText},
      {{Staged, Reason::ValueNotEncoded}, StagedText},
      {{Direct, Reason::RowsPresent}, Compacted},
      {{DirectAlone, Reason::RowsPresent}, Compacted},
      {{DirectText, Reason::RowsPresent}, StagedText},
      {{Direct, Reason::NewColumnsInParallel}, DirectAlone},
      {{DirectText, Reason::NewColumnsInParallel}, StagedText},
      {{Direct, Reason::NewColumns}, Compacted},
      {{DirectAlone, Reason::NewColumns}, Compacted},
      {{DirectText, Reason::NewColumns}, StagedText},
      {{Compacted, Reason::NotCompactable}, Staged},
      {{Direct, Reason::BadRow}, StagedRows},
      {{DirectAlone, Reason::BadRow}, StagedRows},
      {{DirectText, Reason::BadRow}, StagedRows},
      {{Compacted, Reason::BadRow}, StagedRows},
      {{Staged, Reason::BadRow}, StagedRows},
      {{StagedText, Reason::BadRow}, StagedRows},
      {{StagedTogether, Reason::BadRow}, StagedRows},
      {{Compacted, Reason::UniqueAcrossFiles}, StagedTogether},
      {{Staged, Reason::UniqueAcrossFiles}, StagedTogether},
      {{StagedText, Reason::UniqueAcrossFiles}, StagedTogether},
  };
  for (const auto method :
       {Direct, DirectAlone, DirectText, Compacted, Staged, StagedText, StagedTogether, StagedRows}) {
    for (const auto reason :
         {Reason::ValueNotEncoded, Reason::RowsPresent, Reason::NewColumnsInParallel, Reason::NewColumns,
          Reason::NotCompactable, Reason::UniqueAcrossFiles, Reason::BadRow}) {
      SCOPED_TRACE(fmt::format("{} {}", static_cast<int>(method), static_cast<int>(reason)));
      if (const auto found = table.find({method, reason}); found != table.end()) {
        EXPECT_EQ(next_method(method, reason), found->second);
        EXPECT_GT(found->second, method);  // so falling back ends
      } else {
        try {
          next_method(method, reason);
          ADD_FAILURE() << "there is no next method";
        } catch (const Error& error) {
          EXPECT_EQ(error.exit_code(), ExitCode::Internal);
        }
      }
    }
  }
}

class FallBackTest : public LoaderTest {};

TEST_F(FallBackTest, FullLoadsStayTogetherAsText) {
  source.put(full_load("orders", 1), "1,a\n");
  source.put(full_load("orders", 2), "2,b\n");
  loads.fall_backs[{full_load("orders", 2), Direct}] = Reason::ValueNotEncoded;
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal, ElementsAre("Direct: orders/LOAD00000001 orders/LOAD00000002",
                                   "DirectText: orders/LOAD00000001 orders/LOAD00000002", "commit"));
  EXPECT_THAT(loads.rows, ElementsAre("1,a", "2,b"));
  EXPECT_EQ(logged("orders: a faster load method can't be used: the reason of orders/LOAD00000002."), 1);
}

TEST_F(FallBackTest, FullLoadsAreLoadedOneByOneWhereRowsArePresent) {
  source.put(full_load("orders", 1), "1,a\n");
  source.put(full_load("orders", 2), "2,b\n");
  loads.fall_backs[{full_load("orders", 2), Direct}] = Reason::RowsPresent;
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal,
              ElementsAre("Direct: orders/LOAD00000001 orders/LOAD00000002", "Compacted: orders/LOAD00000001",
                          "commit", "Compacted: orders/LOAD00000002", "commit"));
  EXPECT_THAT(loads.rows, ElementsAre("1,a", "2,b"));
}

TEST_F(FallBackTest, NewColumnsAfterTextAreStagedAsText) {
  source.put(full_load("orders", 1), "1,a\n");
  loads.fall_backs[{full_load("orders", 1), Direct}] = Reason::ValueNotEncoded;
  loads.fall_backs[{full_load("orders", 1), DirectText}] = Reason::NewColumns;
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal, ElementsAre("Direct: orders/LOAD00000001", "DirectText: orders/LOAD00000001",
                                   "StagedText: orders/LOAD00000001", "commit"));
  EXPECT_THAT(loads.rows, ElementsAre("1,a"));
}

TEST_F(FallBackTest, AChangeThatIsNotCompactableIsStagedAndTheNextOneIsCompactedAgain) {
  source.put(at_hour("orders", 1), "I,1,a\n");
  source.put(at_hour("orders", 2), "I,2,b\n");
  loads.fall_backs[{at_hour("orders", 1), Compacted}] = Reason::NotCompactable;
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal,
              ElementsAre("Compacted: orders/20220922-010000000", "Staged: orders/20220922-010000000",
                          "commit", "Compacted: orders/20220922-020000000", "commit"));
  EXPECT_THAT(loads.rows, ElementsAre("1,a", "2,b"));
}

TEST_F(FallBackTest, ABadRowIsRejectedByTheLastMethodForTheRestOfTheGroup) {
  for (const int i : {1, 2, 3}) source.put(full_load("orders", i), fmt::format("{},a\n", i));
  source.put(at_hour("orders", 1), "I,4,b\n");
  loads.fall_backs[{full_load("orders", 2), Direct}] = Reason::BadRow;
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal,
              ElementsAre("Direct: orders/LOAD00000001 orders/LOAD00000002 orders/LOAD00000003",
                          "StagedRows: orders/LOAD00000001", "commit", "StagedRows: orders/LOAD00000002",
                          "commit", "StagedRows: orders/LOAD00000003", "commit",
                          "Compacted: orders/20220922-010000000", "commit"));
  EXPECT_THAT(loads.rows, ElementsAre("1,a", "2,a", "3,a", "4,b"));
}

TEST_F(FallBackTest, AReasonThatTheMethodCantHaveEndsTheRun) {
  source.put(at_hour("orders", 1), "I,1,a\n");
  loads.fall_backs[{at_hour("orders", 1), Compacted}] = Reason::RowsPresent;
  EXPECT_EQ(run(), ExitCode::Internal);
  EXPECT_THAT(loads.rows, ElementsAre());
}

TEST_F(FallBackTest, AReloadStaysTogetherAndSaysNothing) {
  for (const int i : {1, 2}) source.put(full_load("orders", i), fmt::format("{},a\n", i));
  ASSERT_EQ(run(), ExitCode::Done);
  for (const int i : {1, 2}) source.put(full_load("orders", i), fmt::format("{},b\n", i));
  loads.fall_backs[{full_load("orders", 2), Compacted}] = Reason::NotCompactable;
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal, ElementsAre("Compacted: orders/LOAD00000001 orders/LOAD00000002",
                                   "Staged: orders/LOAD00000001 orders/LOAD00000002", "commit"));
  EXPECT_EQ(logged("a faster load method"), 0);
  EXPECT_EQ(logged("orders now has generation 2 of its full load"), 1);
}

}  // namespace
}  // namespace peo::loader
