// What the loader's next poll lists.
#include "loader/loader.hpp"

namespace peo::loader {

// The tables that a file holds or has put off, with its key.
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

// A service lists everything in slices, so that what has just come needn't wait for it. While a backlog is
// loaded, its rounds go on from where the one before ended; a full one would begin anew each time, and slices
// would slow it down.
void Loader::set_scope(bool overdue, bool long_overdue) {
  auto& listing = discover_.full_listing();
  const bool wanted = overdue && (!more_waits_ || long_overdue);
  if (!options_.service) {
    scope_.everything = overdue && !more_waits_;
    return;
  }
  if (!scope_.all) return;
  const auto interval = options_.full_listing_interval;
  // Of tables that are held, the rest may have to wait for days: the others are listed again meanwhile.
  const bool stale = interval.count() > 0 && now() - full_listing_began_ >= interval;
  if (wanted && (!listing.running() || stale)) {
    listing.begin();
    full_listing_began_ = now();
  }
  scope_.slice = wanted && listing.running();
}

}  // namespace peo::loader
