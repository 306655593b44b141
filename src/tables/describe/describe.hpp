// The command `describe`: writes documents and diagrams of a target's tables to a directory.
//
// The same catalog and the same files give the same bytes. Graphviz draws the pictures if it is installed;
// they depend on its version. Nothing in the target is changed. Errors: those of Source; Fatal (74) if a file
// can't be written.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/cancellation.hpp"
#include "source/source.hpp"
#include "tables/describe/model.hpp"
#include "tables/survey/row_reader.hpp"

namespace peo::describe {

// Adds an example value to each column, from the first file of its table, read as the loader reads it. There
// are none for tables without files, or whose first file the loader would reject.
void add_examples(Model& model, source::Source& source, const Cancellation& stop,
                  const survey::ReadSettings& settings);

// Writes all documents. Returns their names, in the order of writing.
std::vector<std::string> write_documents(const Model& model, const std::filesystem::path& directory);

}  // namespace peo::describe
