// The full listing of a bucket, in slices: it finds files that appeared outside the look-back window without
// delaying new ones.
//
// Each round lists a bounded number of pages of one table's prefix, up to where the round's own listing
// starts. The place in each prefix is kept in memory only; a restart starts over. A page with due files is
// listed again by the next round, until none is due: so no found file is forgotten, and ETags are always
// current. A held table keeps its place while the others proceed. Memory: one key per table, and one page.
// Errors: those of Source. One thread.
#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "source/entity_listing.hpp"
#include "source/source.hpp"

namespace peo::source {

class FullListing {
 public:
  static constexpr std::size_t pages_per_slice = 20;

  void begin();
  // Whether a table that isn't held has keys left to list, or the tables aren't known yet.
  bool pending(const std::map<std::string, std::string>& held) const;
  bool running() const { return begun_; }
  // True once after everything has been listed since begin().
  bool finished();

  // Call in each round with all tables that have a prefix.
  void set_tables(const std::vector<TablePrefix>& tables);
  // The table whose slice is next, or null. `held`: by table.
  const TablePrefix* next(const std::vector<TablePrefix>& tables,
                          const std::map<std::string, std::string>& held) const;

  // The rounds themselves list everything under this prefix.
  void done(const std::string& prefix) { cursors_.erase(prefix); }
  bool has(const std::string& prefix) const { return cursors_.contains(prefix); }

  // True when something of the page is due.
  using Take = std::function<bool(std::vector<ObjectInfo> page)>;
  // Lists a slice: keys up to `end`, or all keys when it is empty.
  void list(Source& source, const std::string& prefix, const std::string& end, const Take& take);

 private:
  struct Page {
    std::vector<ObjectInfo> objects;
    bool last = false;
    std::size_t requests = 0;
  };
  static Page page_after(Source& source, const std::string& prefix, const std::string& place);

  bool begun_ = false;
  bool tables_known_ = false;
  struct Cursor {
    std::string table, key;  // key "": at the beginning
  };
  std::map<std::string, Cursor> cursors_;  // by prefix; without those that are completely listed
};

}  // namespace peo::source
