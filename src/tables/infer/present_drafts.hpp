// The drafts that a directory already has: which tables of the source have one, according to the SQL itself.
// Errors: Fatal (74) if the directory can't be read.
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
  CreatedTable table;  // without a name: the file creates none, for example because all is commented out
};

class PresentDrafts {
 public:
  // None if the directory doesn't exist.
  explicit PresentDrafts(const std::filesystem::path& directory);

  // The draft of a table of the source, found as by the loader: by the comment, otherwise by the table's
  // name, which belongs to only one source table. `stem`: the name of the file, if it creates no table. Null:
  // there is none.
  const PresentDraft* find(const SourceTable& source, const std::string& stem);

  const TableNames& names() const { return tables_; }  // of all tables
  unsigned highest() const { return highest_; }

 private:
  std::vector<PresentDraft> drafts_;
  TableNames tables_;
  std::set<std::string> taken_;  // tables that belong to a source table by their own names
  unsigned highest_ = 0;         // number of a file
};

// The table's name as part of a file name: only characters of an unquoted table name.
std::string file_stem(const std::string& table);

}  // namespace peo::infer
