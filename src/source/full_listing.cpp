#include "source/full_listing.hpp"

#include <algorithm>
#include <utility>

#include "source/object_name.hpp"

namespace peo::source {

void FullListing::begin() {
  begun_ = true;
  tables_known_ = false;
  cursors_.clear();
}

bool FullListing::pending(const std::map<std::string, std::string>& held) const {
  return begun_ && (!tables_known_ || std::ranges::any_of(cursors_, [&](const auto& one) {
           return !held.contains(one.second.table);
         }));
}

bool FullListing::finished() {
  if (!begun_ || !tables_known_ || !cursors_.empty()) return false;
  begun_ = false;
  return true;
}

// A table that appeared after begin() needs no slices: the rounds list it from the beginning.
void FullListing::set_tables(const std::vector<TablePrefix>& tables) {
  if (!begun_) return;
  if (!std::exchange(tables_known_, true)) {
    for (const auto& table : tables) cursors_[table.prefix] = {table.table, ""};
  }
  std::erase_if(cursors_, [&](const auto& one) {
    return std::ranges::find(tables, one.first, &TablePrefix::prefix) == tables.end();
  });
}

const TablePrefix* FullListing::next(const std::vector<TablePrefix>& tables,
                                     const std::map<std::string, std::string>& held) const {
  for (const auto& [prefix, place] : cursors_) {
    if (held.contains(place.table)) continue;
    const auto table = std::ranges::find(tables, prefix, &TablePrefix::prefix);
    if (table != tables.end()) return &*table;
  }
  return nullptr;
}

// Uses start-after instead of continuation tokens: a place may be kept for hours, and be listed again.
FullListing::Page FullListing::page_after(Source& source, const std::string& prefix,
                                          const std::string& place) {
  ListRequest request{.prefix = prefix, .delimited = false, .start_after = place, .continuation = {}};
  Page page;
  do {
    auto listed = source.list(request);
    ++page.requests;
    page.objects = std::move(listed.objects);
    request.continuation = std::move(listed.next);
  } while (page.objects.empty() && !request.continuation.empty());
  page.last = request.continuation.empty();
  return page;
}

void FullListing::list(Source& source, const std::string& prefix, const std::string& end, const Take& take) {
  const auto found = cursors_.find(prefix);
  if (found == cursors_.end()) return;
  auto& place = found->second.key;
  for (std::size_t requests = 0; requests < pages_per_slice;) {
    auto page = page_after(source, prefix, place);
    requests += page.requests;
    auto& objects = page.objects;
    // A server that ignores start-after lists from the beginning, so every round sees all files.
    bool ends = page.last || objects.back().key <= place;
    if (!end.empty() && !objects.empty() && objects.back().key >= end) {
      std::erase_if(objects, [&](const auto& object) { return object.key > end; });
      ends = true;
    }
    // A manifest follows its file, so leave the last file of a page to the next page.
    if (!ends && objects.size() > 2) {
      const std::string stem(stem_of(objects.back().key));
      std::erase_if(objects, [&](const auto& object) { return stem_of(object.key) == stem; });
    }
    const auto last = objects.empty() ? place : objects.back().key;
    if (take(std::move(objects))) return;  // the next round lists the page again
    if (ends) {
      cursors_.erase(found);
      return;
    }
    place = last;
  }
}

}  // namespace peo::source
