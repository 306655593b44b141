#include "source/directory/directory_walk.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "source/directory/directory_error.hpp"

namespace peo::source {
namespace {

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using DirectoryHandle = std::unique_ptr<DIR, DirectoryCloser>;

// Nothing to read: it doesn't exist (any more), or is a link that forms a loop or leads out of the root.
bool is_no_entry(int error_number) {
  return error_number == ENOENT || error_number == ENOTDIR || error_number == ELOOP || error_number == EXDEV;
}

// Null and errno when it can't be opened.
DirectoryHandle try_to_open(const DirectoryRoot& root, const std::string& key) {
  const int file = root.open(key, O_RDONLY | O_DIRECTORY);
  DirectoryHandle directory(file < 0 ? nullptr : ::fdopendir(file));
  if (directory) return directory;
  const int failure = errno;
  if (file >= 0) ::close(file);
  errno = failure;
  return {};
}

// Null when the directory no longer exists: the listing then contains nothing from it.
DirectoryHandle open_directory(const DirectoryRoot& root, const std::string& key) {
  auto directory = try_to_open(root, key);
  if (!directory && !is_no_entry(errno))
    throw directory_error(errno, "can't list directory " + root.path_of(key));
  return directory;
}

const dirent* next_entry(DIR* directory, const std::string& path) {
  errno = 0;
  const dirent* entry = ::readdir(directory);  // NOLINT(concurrency-mt-unsafe): the stream is ours alone
  if (entry == nullptr && errno != 0) throw directory_error(errno, "can't list directory " + path);
  return entry;
}

enum class EntryType { File, Directory, Other };

EntryType type_of(const DirectoryRoot& root, const dirent& entry, const std::string& parent) {
  if (entry.d_type == DT_REG) return EntryType::File;
  if (entry.d_type == DT_DIR) return EntryType::Directory;
  if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return EntryType::Other;
  const std::string key = parent + static_cast<const char*>(entry.d_name);
  struct stat status {};
  if (!root.status(key, status)) {
    const int failure = errno;
    if (failure == EXDEV) root.warn_of_link(key);
    // A key may be hidden behind a failing stat: an error, not a shorter listing.
    if (is_no_entry(failure)) return EntryType::Other;
    throw directory_error(failure, "can't stat " + root.path_of(key));
  }
  return S_ISREG(status.st_mode)   ? EntryType::File
         : S_ISDIR(status.st_mode) ? EntryType::Directory
                                   : EntryType::Other;
}

// Whether a walk visits this name.
bool is_visible(std::string_view name) { return !name.empty() && name.front() != '.'; }

}  // namespace

DirectoryWalk::DirectoryWalk(std::shared_ptr<const DirectoryRoot> root, std::string prefix, bool delimited,
                             std::string after, std::size_t names_at_once)
    : root_(std::move(root)),
      prefix_(std::move(prefix)),
      delimited_(delimited),
      after_(std::move(after)),
      names_at_once_(std::max<std::size_t>(names_at_once, 1)) {}

std::optional<DirectoryWalk::Identity> DirectoryWalk::identity_of(const std::string& key) const {
  struct stat status {};
  if (root_->status(key, status)) {
    if (!S_ISDIR(status.st_mode)) return std::nullopt;
    return Identity{status.st_dev, status.st_ino};
  }
  if (const int failure = errno; !is_no_entry(failure))
    throw directory_error(failure, "can't stat " + root_->path_of(key));
  return std::nullopt;
}

// Enters the deepest directory that the prefix names. False when it doesn't exist: no key has the prefix.
bool DirectoryWalk::enter_base() {
  const auto root = identity_of("");
  if (!root) return false;
  above_ = {*root};
  const auto last = prefix_.rfind('/');
  const std::string base = last == std::string::npos ? "" : prefix_.substr(0, last + 1);
  for (std::size_t begin = 0; begin < base.size();) {
    const auto end = base.find('/', begin);
    if (!is_visible(std::string_view(base).substr(begin, end - begin))) return false;
    const auto identity = identity_of(base.substr(0, end + 1));
    if (!identity) return false;
    above_.push_back(*identity);
    begin = end + 1;
  }
  const Identity identity = above_.back();
  above_.pop_back();
  enter(base, identity);
  return true;
}

void DirectoryWalk::enter(const std::string& key, Identity identity) {
  const auto same = [identity](const Level& level) { return level.identity == identity; };
  if (std::find(above_.begin(), above_.end(), identity) != above_.end() ||
      std::any_of(levels_.begin(), levels_.end(), same)) {
    return;
  }
  Level level{key, identity, {}, false};
  fill(level, after_, true);
  levels_.push_back(std::move(level));
}

bool DirectoryWalk::wanted(const std::string& key, const std::string& after, bool inside) const {
  if (!key.starts_with(prefix_)) return false;
  if (key > after) return true;
  // A directory that contains `after` may also contain keys after it.
  return inside && key.ends_with('/') && after.starts_with(key) && !(delimited_ && after == key);
}

void DirectoryWalk::fill(Level& level, const std::string& after, bool inside) const {
  level.names.clear();
  level.more = false;
  const std::string path = root_->path_of(level.key_prefix);
  const auto directory = open_directory(*root_, level.key_prefix);
  if (!directory) return;
  // The levels of a deep tree share the memory: each may keep half as many names as its parent.
  const std::size_t limit =
      std::max(names_at_once_ >> std::min<std::size_t>(levels_.size(), 40), std::size_t{16});
  auto& names = level.names;  // a max-heap
  while (const dirent* entry = next_entry(directory.get(), path)) {
    const char* name = entry->d_name;
    if (!is_visible(name)) continue;
    // Cheap tests first: the type of a link costs a system call.
    std::string key = level.key_prefix + name;
    if (!wanted(key, after, inside) && !wanted(key + "/", after, inside)) continue;
    const auto type = type_of(*root_, *entry, level.key_prefix);
    if (type == EntryType::Other) continue;
    if (type == EntryType::Directory) key += '/';
    if (!wanted(key, after, inside)) continue;
    key.erase(0, level.key_prefix.size());
    if (names.size() == limit) {
      level.more = true;
      if (key >= names.front()) continue;
      std::pop_heap(names.begin(), names.end());
      names.pop_back();
    }
    names.push_back(std::move(key));
    std::push_heap(names.begin(), names.end());
  }
  std::sort(names.begin(), names.end(), std::greater<>());
}

std::optional<WalkEntry> DirectoryWalk::next() {
  if (!begun_) {
    begun_ = true;
    if (!enter_base()) return std::nullopt;
  }
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.names.empty()) {
      levels_.pop_back();
      continue;
    }
    const std::string key = level.key_prefix + level.names.back();
    level.names.pop_back();
    if (level.names.empty() && level.more) fill(level, key, false);
    // From here on `level` may dangle.
    auto entry = key.ends_with('/') ? visit_directory(key) : visit_file(key);
    if (entry) return entry;
  }
  return std::nullopt;
}

std::optional<WalkEntry> DirectoryWalk::visit_directory(const std::string& key) {
  const auto identity = identity_of(key);
  if (!identity) return std::nullopt;
  if (!delimited_) {
    enter(key, *identity);
    return std::nullopt;
  }
  std::vector<Identity> seen = above_;
  for (const auto& level : levels_) seen.push_back(level.identity);
  if (std::find(seen.begin(), seen.end(), *identity) != seen.end()) return std::nullopt;
  if (after_.starts_with(key)) {
    // Only if it contains a key after `after`.
    if (!DirectoryWalk(root_, key, false, after_, names_at_once_).next()) return std::nullopt;
  } else {
    seen.push_back(*identity);
    if (!holds_keys(key, seen)) return std::nullopt;
  }
  return WalkEntry{key, true, {}};
}

std::optional<WalkEntry> DirectoryWalk::visit_file(const std::string& key) const {
  WalkEntry entry{key, false, {}};
  if (!root_->status(key, entry.status)) {
    const int failure = errno;
    if (is_no_entry(failure)) return std::nullopt;
    throw directory_error(failure, "can't stat " + root_->path_of(key));
  }
  if (!S_ISREG(entry.status.st_mode)) return std::nullopt;
  return entry;
}

// S3 has no empty prefixes: a directory is listed only if it contains a key. `seen`: directories without keys
// so far, to stop at loops of links.
bool DirectoryWalk::holds_keys(const std::string& parent, std::vector<Identity>& seen) const {
  const std::string path = root_->path_of(parent);
  std::vector<std::string> prefixes;
  {
    const auto directory = try_to_open(*root_, parent);
    // One that can't be read may hold keys. Listing it then reports the error; here, the error would keep its
    // siblings from being listed.
    if (!directory) return !is_no_entry(errno);
    while (const dirent* entry = next_entry(directory.get(), path)) {
      const char* name = entry->d_name;
      if (!is_visible(name)) continue;
      const auto type = type_of(*root_, *entry, parent);
      if (type == EntryType::File) return true;
      if (type == EntryType::Directory) prefixes.push_back(parent + name + "/");
    }
  }
  return std::any_of(prefixes.begin(), prefixes.end(), [this, &seen](const std::string& child) {
    const auto identity = identity_of(child);
    if (!identity || std::find(seen.begin(), seen.end(), *identity) != seen.end()) return false;
    seen.push_back(*identity);
    return holds_keys(child, seen);
  });
}

}  // namespace peo::source
