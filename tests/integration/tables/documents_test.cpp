// The documents of the shipped entities say what their SQL says: made again, they are the same, byte for
// byte. Pictures are drawn by Graphviz and differ with its version, so of them only their source is compared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/loader_run.hpp"
#include "support/program.hpp"

namespace peo::test {
namespace {

using testing::StartsWith;

TEST(Documents, OfTheShippedEntitiesAreUpToDate) {
  const TempDir directory;
  const auto bucket = (directory / "bucket").string();
  const auto sample = run_loader(
      {program(), {"sample", bucket, "--orders", "500", "--executions", "2000", "--days", "1"}}, {});
  ASSERT_EQ(sample.status, 0) << sample.err;
  const auto written = directory / "docs";
  const auto described = run_loader({program(), {"describe", written.string(), "--examples"}},
                                    {{"SOURCE", "bucket_path=" + bucket}});
  ASSERT_EQ(described.status, 0) << described.err;
  const std::filesystem::path docs = std::filesystem::path(PEO_ROOT) / "docs";
  for (const std::string name : {"data_specification.md", "data_dictionary.csv",
                                 "entity_relationship_model.dot", "table_diagram.dot"}) {
    EXPECT_TRUE(read_file(written / name) == read_file(docs / name))
        << "docs/" << name << " is not what the SQL says any more: run scripts/documents";
  }
  EXPECT_TRUE(read_file(written / "paper-engine.drawio") ==
              read_file(std::filesystem::path(PEO_ROOT) / "paper-engine.drawio"))
      << "paper-engine.drawio is not what the SQL says any more: run scripts/documents";
  for (const std::string name : {"entity_relationship_model.png", "table_diagram.png"})
    EXPECT_THAT(read_file(docs / name), StartsWith("\x89PNG")) << name;
}

// Jupyter is too much for a test; but what is shown must have been run, to its end and without an error.
TEST(Documents, TheNotebookWasRun) {
  const auto notebook =
      nlohmann::json::parse(read_file(std::filesystem::path(PEO_ROOT) / "notebooks/eda.ipynb"));
  int expected = 0;
  for (const auto& cell : notebook["cells"]) {
    if (cell["cell_type"] != "code") continue;
    EXPECT_EQ(cell["execution_count"], ++expected);
    for (const auto& output : cell["outputs"]) EXPECT_NE(output["output_type"], "error");
  }
  EXPECT_GT(expected, 5);
}

}  // namespace
}  // namespace peo::test
