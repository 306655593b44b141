// The keys below a folder, in the order of their bytes, one at a time, in bounded memory.
//
// readdir gives names in any order, so each pass over a folder keeps only the smallest names after the last
// one given. A folder takes part as "name/", as S3 orders it. Subfolders are entered when it is their turn,
// and only if they can hold a key that is wanted. Links are followed as DirectoryRoot follows them; one that
// leads back to a folder above it is passed over. So is what begins with ".", and what is neither file nor
// folder.
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
  std::string key;         // relative to the root; of a folder with its closing "/"
  bool is_folder = false;  // only when walking by folder
  struct stat status {};   // of a file
};

class DirectoryWalk {
 public:
  // `names_at_once`: how many names of one folder are kept.
  DirectoryWalk(std::shared_ptr<const DirectoryRoot> root, std::string prefix, bool by_folder,
                std::string after, std::size_t names_at_once);

  // Empty at the end. Throws peo::Error when a folder can't be read.
  std::optional<WalkEntry> next();

 private:
  using Identity = std::pair<dev_t, ino_t>;

  // A folder under way.
  struct Level {
    std::string key_prefix;  // "" or with its closing "/"
    Identity identity;
    std::vector<std::string> names;  // to come, the next one last; of folders with "/"
    bool more = false;               // there are names after these
  };

  std::optional<Identity> identity_of(const std::string& key) const;
  bool enter_base();
  void enter(const std::string& key, Identity identity);
  // The next names of the level's folder; `inside`: also a folder that `after` lies in.
  void fill(Level& level, const std::string& after, bool inside) const;
  bool wanted(const std::string& key, const std::string& after, bool inside) const;
  std::optional<WalkEntry> take_folder(const std::string& key);
  std::optional<WalkEntry> take_file(const std::string& key) const;
  bool holds_keys(const std::string& folder, std::vector<Identity>& seen) const;

  std::shared_ptr<const DirectoryRoot> root_;
  std::string prefix_;
  bool by_folder_;
  std::string after_;
  std::size_t names_at_once_;
  bool begun_ = false;
  std::vector<Identity> above_;  // the folders on the way from the root to the first level
  std::vector<Level> levels_;
};

}  // namespace peo::source
