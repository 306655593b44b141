// Step 1, discover: the bucket's listing minus the ledger → the deliveries that are due, in order.
//
// Order inside an entity: LOADs by counter, then changes by the time in the name. Across entities: by that
// time, for LOADs by LastModified, then by key; a later file of an entity never passes an earlier one. An
// entity is a folder <schema>/<table>/ whose name equals a table of the target, without regard to case.
//
// Cost: an idle entity takes a fixed number of LIST requests, however many files it ever had: changes are
// listed from the newest one that is in, minus a look-back window (in time, and at most `look_back_files`
// files); what lies before that is looked at by a full listing now and then. Memory: at most `round_limit`
// deliveries an entity. Nothing is skipped silently: what is left alone is counted by reason and logged once;
// a file that can't be loaded in order any more (its name sorts before one that is in, or it changed after it
// was loaded) holds its entity. Errors: those of Source and Ledger; Stop (78) when two folders claim one
// table. One thread.
#pragma once
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "base/ledger.hpp"
#include "source/object_name.hpp"
#include "source/source.hpp"

namespace peo::source {

struct DiscoverOptions {
  std::chrono::seconds look_back{std::chrono::hours(1)};
  std::uint64_t look_back_files = 500;  // half a page: one request still lists an idle entity
  std::size_t round_limit = 2000;
};

struct Backlog {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::optional<Time> oldest;  // LastModified
};

// Why an object or folder is left alone.
enum class Ignored { ControlTable, UnknownFile, FolderWithoutTable, FolderMarker };

// Why an entity takes nothing more until a person has looked.
struct Held {
  std::string entity;
  std::string object_key;
  std::string reason;
};

struct Discovered {
  std::vector<FoundDelivery> due;          // in the order in which they are to be loaded
  bool more = false;                       // the round was cut; discover again after it
  std::map<std::string, Backlog> backlog;  // by entity; every entity that has a folder
  std::map<Ignored, std::uint64_t> ignored;
  std::vector<Held> held;
};

class Discover {
 public:
  // Both must outlive this.
  Discover(Source& source, Ledger& ledger, DiscoverOptions options);

  // `tables`: the target's entities. `full`: list everything, not only what is new.
  Discovered round(const std::vector<std::string>& tables, bool full);

 private:
  struct Entity;

  std::vector<Entity> find_entities(const std::vector<std::string>& tables, Discovered& found);
  std::vector<std::string> folders_below(const std::string& prefix, Discovered& found);
  void list_entity(Entity& entity, bool full, Discovered& found);
  void list_tree(Entity& entity, const std::string& prefix, const std::string& start_after,
                 Discovered& found);
  void walk_dates(Entity& entity, const std::string& prefix, const DateFolder& dates, Time from,
                  Discovered& found);
  void take(Entity& entity, std::vector<ObjectInfo> page, Discovered& found);
  void ignore(Ignored reason, const std::string& key, Discovered& found);
  void hold(Entity& entity, const std::string& key, const std::string& reason, Discovered& found);

  Source& source_;
  Ledger& ledger_;
  DiscoverOptions options_;
  std::set<std::string> said_;  // what was logged once; bounded
};

}  // namespace peo::source
