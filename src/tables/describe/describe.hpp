// `describe`: documents and diagrams of a target's tables, into a folder.
//
// The same catalogue and the same files give the same bytes; pictures are drawn by Graphviz when it is
// installed, and then depend on its version. Nothing in the target is changed. Errors: those of Source; Fatal
// (74) when a file can't be written.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "source/source.hpp"
#include "tables/describe/model.hpp"
#include "tables/survey/row_reader.hpp"

namespace peo::describe {

// A value for each column, as the first file of its table has it, read as the loader reads it; tables without
// files stay without, and so do those whose first file the loader would refuse.
void add_examples(Model& model, source::Source& source, const Cancellation& stop,
                  const survey::ReadSettings& settings);

// Writes all documents. Gives their names, in the order of writing.
std::vector<std::string> write_documents(const Model& model, const std::filesystem::path& folder);

}  // namespace peo::describe
