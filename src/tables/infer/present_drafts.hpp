// What a directory of drafts holds already: which tables of the source have a draft, by what the SQL itself
// says. Errors: Fatal (74) when the directory can't be created or read.
#pragma once
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "base/created_tables.hpp"
#include "base/source_names.hpp"

namespace peo::infer {

struct PresentDraft {
  std::filesystem::path file;
  CreatedTable table;  // without a name: the file creates none, as one that is commented out
};

class PresentDrafts {
 public:
  // Creates the directory if it isn't there.
  explicit PresentDrafts(const std::filesystem::path& directory);

  // The draft of a table of the source, as the loader would find it: by the comment, else by the table's
  // name, which is one source table's alone. `stem`: what a file that creates no table would be called by.
  // Null: there is none.
  const PresentDraft* find(const SourceTable& source, const std::string& stem);

  std::set<std::string> names() const;  // of all tables
  unsigned highest() const { return highest_; }

 private:
  std::vector<PresentDraft> drafts_;
  TableNames tables_;
  std::set<std::string> taken_;  // tables that a source table has by their own names
  unsigned highest_ = 0;         // number of a file
};

// A file's name holds no more than a plain table name does.
std::string file_stem(const std::string& table);

}  // namespace peo::infer
