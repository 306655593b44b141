// The full listing of a bucket, in slices: files that came later than the look-back window are found without
// keeping those that have just come waiting.
//
// Each round lists a bounded number of pages of one table's prefix, up to where that round's own listing
// begins. The place in each prefix is kept in memory only; a restart begins anew. A page of which something
// is due is listed again by the next round, until nothing of it is: so nothing that was found is forgotten,
// and ETags are always fresh. A table that is held keeps its place, and the others go on. Memory: a key for
// each table, and one page. Errors: those of Source. One thread.
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
  // Something is left to list: of a table that isn't held, or of any.
  bool pending(const std::map<std::string, std::string>& held) const;
  bool running() const { return begun_; }
  // All was listed since begin(). Tells it once.
  bool finished();

  // To be called in each round: all tables with a prefix.
  void set_tables(const std::vector<TablePrefix>& tables);
  // The table whose slice is next; null: none. `held`: by table.
  const TablePrefix* next(const std::vector<TablePrefix>& tables,
                          const std::map<std::string, std::string>& held) const;

  // There is nothing to list in this prefix that the rounds themselves don't.
  void done(const std::string& prefix) { places_.erase(prefix); }
  bool has(const std::string& prefix) const { return places_.contains(prefix); }

  // True when something of the page is due.
  using Take = std::function<bool(std::vector<ObjectInfo> page)>;
  // Lists a slice: keys up to `end`, all when it is empty.
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
  struct Place {
    std::string table, key;  // "": at the beginning
  };
  std::map<std::string, Place> places_;  // by prefix; those that aren't listed to the end
};

}  // namespace peo::source
