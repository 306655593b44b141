// Determines what the loader's next poll lists.
#include "loader/loader.hpp"

namespace peo::loader {

// The tables with a file that holds them or can't be read yet, with its key.
source::Discover::Stuck Loader::stuck() const {
  auto stuck = holds_.objects();
  stuck.insert(unreadable_.begin(), unreadable_.end());
  return stuck;
}

std::set<std::string> Loader::waiting_tables() const {
  auto tables = waiting_;
  for (const auto& [entity, key] : stuck()) tables.insert(entity);
  return tables;
}

// A service does a full listing in slices, so that new files needn't wait for it. While a backlog is loaded,
// each round continues where the previous one ended; full listings would start over each time, and slices
// would slow it down.
void Loader::set_scope(bool overdue, bool long_overdue) {
  auto& listing = discover_.full_listing();
  const bool wanted = overdue && (!more_waiting_ || long_overdue);
  if (!options_.service) {
    scope_.everything = overdue && !more_waiting_;
    return;
  }
  if (!scope_.all) return;
  const auto interval = options_.full_listing_interval;
  // Tables may be held for days: the others are listed again meanwhile.
  const bool stale = interval.count() > 0 && now() - full_listing_began_ >= interval;
  if (wanted && (!listing.running() || stale)) {
    listing.begin();
    full_listing_began_ = now();
  }
  scope_.slice = wanted && listing.running();
}

}  // namespace peo::loader
