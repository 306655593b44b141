// Iterates over the keys under a directory in byte order, in bounded memory.
//
// readdir returns names in any order, so each pass over a directory keeps only the smallest names after the
// last one returned. A directory sorts as "name/", as in S3. A subdirectory is entered in its turn, and only
// if it can contain a key that is wanted. Links are followed as by DirectoryRoot. Skipped are links to a
// parent directory, names that begin with ".", and whatever is neither a file nor a directory.
#pragma once
#include <sys/stat.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "source/directory/directory_root.hpp"

namespace peo::source {

struct WalkEntry {
  std::string key;            // relative to the root; a directory's ends with "/"
  bool is_directory = false;  // only when listing with a delimiter
  struct stat status {};      // of a file
};

class DirectoryWalk {
 public:
  // `names_at_once`: how many names of one directory are kept.
  DirectoryWalk(std::shared_ptr<const DirectoryRoot> root, std::string prefix, bool delimited,
                std::string after, std::size_t names_at_once);

  // Empty at the end. Throws peo::Error when a directory can't be read.
  std::optional<WalkEntry> next();

 private:
  using Identity = std::pair<dev_t, ino_t>;

  // A directory that is being walked.
  struct Level {
    std::string key_prefix;  // "" or ends with "/"
    Identity identity;
    std::vector<std::string> names;  // pending, in descending order; a directory's ends with "/"
    bool more = false;               // more names follow these
  };

  std::optional<Identity> identity_of(const std::string& key) const;
  bool enter_base();
  void enter(const std::string& key, Identity identity);
  // Reads the next names of the level's directory; `inside`: including a directory that contains `after`.
  void fill(Level& level, const std::string& after, bool inside) const;
  bool wanted(const std::string& key, const std::string& after, bool inside) const;
  std::optional<WalkEntry> visit_directory(const std::string& key);
  std::optional<WalkEntry> visit_file(const std::string& key) const;
  bool holds_keys(const std::string& parent, std::vector<Identity>& seen) const;

  std::shared_ptr<const DirectoryRoot> root_;
  std::string prefix_;
  bool delimited_;
  std::string after_;
  std::size_t names_at_once_;
  bool begun_ = false;
  std::vector<Identity> above_;  // the directories from the root to the first level
  std::vector<Level> levels_;
};

}  // namespace peo::source
