// In which order and in which groups deliveries are loaded, and what an entity that is held keeps back.
#include "unit/loader/fakes.hpp"

namespace peo::loader {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Order : public LoaderTest {};

TEST_F(Order, FullLoadsOfAnEntityAreOneGroupAndPrecedeItsChanges) {
  source.put(at_hour("orders", 1), "I,1,c\n");
  for (const int i : {1, 2, 10}) source.put(full_load("orders", i), fmt::format("{},a\n", i));
  source.put(full_load("executions", 1), "1,b\n");
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal, ElementsAre("Direct: executions/LOAD00000001", "commit",
                                   "Direct: orders/LOAD00000001 orders/LOAD00000002 orders/LOAD0000000A",
                                   "commit", "Compacted: orders/20220922-010000000", "commit"));
  EXPECT_THAT(loads.rows, ElementsAre("1,b", "1,a", "2,a", "10,a", "1,c"));
}

TEST_F(Order, ChangesOfAllEntitiesAreLoadedByTheirTime) {
  source.put(at_hour("orders", 3), "I,3,a\n");
  source.put(at_hour("executions", 2), "I,2,a\n");
  source.put(at_hour("orders", 1), "I,1,a\n");
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(loads.rows, ElementsAre("1,a", "2,a", "3,a"));
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(journal, IsEmpty());  // each once
}

// What was read ahead has been parsed for the table as it was.
TEST_F(Order, FilesBehindNewColumnsAreReadAgain) {
  source.put(at_hour("orders", 1), "I,1,a\n");
  source.put(at_hour("orders", 2), "I,2,a,x\n");
  loads.get_columns = {at_hour("orders", 1)};
  EXPECT_EQ(run(), ExitCode::Done);
  EXPECT_THAT(loads.rows, ElementsAre("1,a", "2,a,x"));
}

TEST_F(Order, AHeldEntityKeepsBackItsOwnFilesOnly) {
  options.late_files = LateFiles::Hold;
  source.put(at_hour("orders", 5), "I,5,a\n");
  ASSERT_EQ(run(), ExitCode::Done);
  source.put(at_hour("orders", 4), "I,4,a\n");
  source.put(at_hour("orders", 6), "I,6,a\n");
  source.put(at_hour("executions", 7), "I,7,a\n");
  EXPECT_EQ(run(), ExitCode::BadInput);
  EXPECT_THAT(journal, ElementsAre("Compacted: executions/20220922-070000000", "commit"));
  EXPECT_EQ(metrics.snapshot().held.count("orders"), 1);
  EXPECT_EQ(metrics.snapshot().held.count("executions"), 0);
}

TEST_F(Order, ARefusedTableKeepsBackItsOwnFilesOnly) {
  target.refused.emplace("orders", Error::configuration("the table orders has no primary key", "Add one."));
  source.put(at_hour("executions", 7), "I,7,a\n");
  EXPECT_EQ(run(), ExitCode::Done);  // it has no directory
  source.put(at_hour("orders", 4), "I,4,a\n");
  source.put(at_hour("executions", 8), "I,8,a\n");
  EXPECT_EQ(run(), ExitCode::Configuration);
  EXPECT_THAT(journal, ElementsAre("Compacted: executions/20220922-080000000", "commit"));
  EXPECT_EQ(metrics.snapshot().held.at("orders").reason, "the table orders has no primary key");
}

}  // namespace
}  // namespace peo::loader
