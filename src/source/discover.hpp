// Step 1, discover: the bucket's listing minus the ledger → the deliveries that are due, in order.
//
// Order within an entity: LOADs by counter, then changes by the time in the name. Across entities: by that
// time, for LOADs by LastModified, then by key; a later file of an entity never overtakes an earlier one. An
// entity is a prefix <schema>/<table>/ that a table of the target names in its comment, or whose name equals
// the table's, ignoring case (base/source_names.hpp). The prefix of the transaction files is one more entity,
// which carries changes of all tables; its files wait until no LOAD is due.
//
// Cost: the prefixes are listed once a minute. An idle entity takes a fixed number of LIST requests, however
// many files it ever had (entity_listing.hpp): changes are listed from the newest loaded one, minus a
// look-back window (in time, and at most `look_back_files` files); an occasional full listing, in one round
// or in slices (full_listing.hpp), finds what sorts before that. Memory: at most `round_limit` deliveries per
// entity; with `stop_when_full` about 20,000 in total. Nothing is skipped silently: ignored objects are
// counted by reason and logged once; a file that isn't simply the next one is marked with its Arrival, and
// the loader's policies decide. Errors: those of Source and Ledger; a table that two prefixes match is held
// (78), and so is one whose prefix can't be listed while others can (77). One thread.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/delivery.hpp"
#include "base/error.hpp"
#include "base/file_format.hpp"
#include "base/ledger.hpp"
#include "base/log_once.hpp"
#include "base/source_names.hpp"
#include "base/time_zone.hpp"
#include "source/due_files.hpp"
#include "source/entity_listing.hpp"
#include "source/full_listing.hpp"
#include "source/object_name.hpp"
#include "source/source.hpp"

namespace peo::source {

struct DiscoverOptions {
  std::chrono::seconds look_back{std::chrono::hours(1)};
  std::uint64_t look_back_files = 500;  // half a page: one request still lists an idle entity
  std::size_t round_limit = 2000;       // deliveries per entity
  // List no further than a round needs, and share a round among the entities. The backlog is then a lower
  // bound, and further rounds follow a listing that ended early (Discovered::more).
  bool stop_when_full = false;
  std::chrono::seconds reload_settle{std::chrono::minutes(10)};
  std::string transactions{};                    // the prefix of the transaction files, "cdc/"; empty: none
  std::shared_ptr<const TimeZone> names_zone{};  // of the times in file names; null: UTC
  std::string no_parquet{};                      // why Parquet files are ignored; empty: they can be read
};

// Why an object or prefix is ignored.
enum class Ignored { ControlTable, UnknownFile, UnknownTable, FolderMarker, Parquet };

// Why no more files of an entity are loaded until an operator steps in.
struct Held {
  std::string entity;
  std::string object_key;  // or a prefix
  std::string reason;
  std::string hint{};  // empty: an operator decides with replay or skip
  ExitCode exit_code = ExitCode::BadInput;
};

// What a round lists.
struct Scope {
  bool all = true;  // the prefixes of all tables; else only:
  // Keys or prefixes that may have new files: "dbo/orders/", "dbo/". One outside all known prefixes causes
  // the prefixes to be listed again.
  std::set<std::string> prefixes{};
  std::set<std::string> tables{};  // in the target
  bool everything = false;         // of all tables: all keys, not only new ones
  bool slice = false;              // also a slice of the full listing
};

struct Discovered {
  std::vector<Delivery> due;               // in loading order
  bool more = false;                       // the round was cut; discover again after it
  bool all = true;                         // all entities were listed; else those of `backlog`
  std::map<std::string, Backlog> backlog;  // by entity; every entity that has a prefix and was listed
  std::set<std::string> unlistable;        // entities whose prefix can't be listed: their backlog is unknown
  std::map<Ignored, std::uint64_t> ignored;
  IgnoredParquet parquet;              // under the prefixes of tables
  std::vector<std::string> unmatched;  // prefixes without a table in the target: "dbo/customers/"
  std::vector<Held> held;
  std::map<std::string, std::string> waiting;  // by entity: what it waits for, a sentence without its period
  std::map<std::uint64_t, std::string> rejected_requests;  // by request id: why it has no effect
};

// Adds tables that the target refuses to `held`, with the reason. Tables without a prefix are left out: no
// files wait for them.
void hold_refused(Discovered& found, const std::map<std::string, Error>& refused);

// "4 prefixes match no table: dbo/a/, dbo/b/, …"; empty when there are none. And what to do about them.
std::string unmatched_text(const std::vector<std::string>& prefixes);
inline constexpr const char* unmatched_hint =
    "Draft their tables' SQL with paper-engine-orders infer DIR and review it. Then apply it with psql -f, "
    "also "
    "beside a running loader, or set ENTITIES=DIR and restart the loader: their files are loaded from the "
    "beginning. If a table has another name, name its source in a comment: COMMENT ON TABLE ... IS 'Source "
    "table: schema.table.'. ENTITIES=shipped creates the example tables.";

class Discover {
 public:
  // Both must outlive this.
  Discover(Source& source, Ledger& ledger, DiscoverOptions options);

  // `tables`: the target's entities. `stuck`: entities that are held or deferred because of a file, with its
  // key, which may be empty. The file is looked up wherever it is, and where such an entity's list is cut,
  // the round of the others goes on.
  using Stuck = std::map<std::string, std::string>;
  Discovered round(const TableNames& tables, Scope scope, const Stuck& stuck = {});
  Discovered round(const TableNames& tables, bool everything, const Stuck& stuck = {}) {
    return round(tables, Scope{.everything = everything}, stuck);
  }

  FullListing& full_listing() { return full_listing_; }

 private:
  struct Level {  // what is directly under a prefix
    std::vector<std::string> prefixes;
    std::map<Ignored, std::uint64_t> ignored;
    std::optional<Error> refused{};  // it can't be listed
  };
  struct Round {  // of one entity
    std::vector<Delivery> due;
    bool cut = false;
  };

  std::vector<TablePrefix> find_entities(const TableNames& tables, Discovered& found);
  void hold_below_refused(const std::vector<std::string>& tables,
                          const std::map<std::string, EntityState>& states, Discovered& found) const;
  void throw_if_all_refused() const;
  static void hold_unlistable(const std::string& entity, const Error& error, Discovered& found);
  void hold_moved(std::vector<TablePrefix>& entities, Discovered& found) const;
  TablePrefix transactions(const TableNames& tables, const std::vector<TablePrefix>& entities) const;
  bool holds_transactions(const std::string& prefix) const {
    return !options_.transactions.empty() && options_.transactions.starts_with(prefix);
  }
  const Level& level(const std::string& prefix, Discovered& found);
  EntityListing::Start start_of(const TablePrefix& entity, bool full) const;
  using Requests = std::map<std::string, Request>;  // by object key
  // What to list of one entity besides its new files.
  struct More {
    bool everything = false, slice = false;
    std::string held_key{};  // may be empty
  };
  void forget_levels();
  void limit_round(std::size_t entities);
  static void reject_foreign(const Requests& requests, const std::vector<TablePrefix>& entities,
                             Discovered& found);
  static void narrow(Scope& scope, std::vector<TablePrefix>& entities, const Requests& requests,
                     const std::string& swept);
  bool is_known(const std::string& prefix, const std::vector<TablePrefix>& entities) const;
  void list(const TablePrefix& entity, const More& more, DueFiles& due_files, Discovered& found);
  bool list_slice(const TablePrefix& entity, const EntityListing::Start& start, DueFiles& due_files,
                  std::set<std::string>& listed, Discovered& found);
  std::vector<Round> discover_entities(const std::vector<TablePrefix>& entities, const Requests& requests,
                                       const std::function<More(const TablePrefix&)>& more_of,
                                       Discovered& found);
  Round discover_entity(const TablePrefix& entity, const Requests& requests, const More& more,
                        Discovered& found);
  void look_up_held(const TablePrefix& entity, const std::string& key, DueFiles& due_files,
                    Discovered& found);
  bool take_object(const TablePrefix& entity, const std::string& key, DueFiles& due_files, Discovered& found);
  void look_up(const TablePrefix& entity, const std::map<std::string, Request>& requests, DueFiles& due_files,
               Discovered& found);
  // `last_stem`: of the last file of the previous page.
  void take(const TablePrefix& entity, std::vector<ObjectInfo> page, std::string& last_stem,
            DueFiles& due_files, Discovered& found);
  void warn_about_names(const std::vector<Delivery>& due);
  void ignore(Ignored reason, const std::string& key, Discovered& found);
  void wait_for_loads(Round& transactions, const std::vector<Round>& rounds, Discovered& found) const;
  static void merge(std::vector<Round> rounds, Discovered& found);

  Source& source_;
  Ledger& ledger_;
  DiscoverOptions options_;
  FullListing full_listing_;
  std::size_t round_limit_ = 0;          // per entity in this round
  std::map<std::string, Level> levels_;  // by prefix: the root and the schemas
  std::chrono::steady_clock::time_point levels_listed_{};
  std::map<std::string, std::uint64_t> parquet_files_;  // ignored ones, by prefix
  std::map<std::string, std::uint64_t> swept_parquet_;  // those that slices have passed
  LogOnce logged_;
};

}  // namespace peo::source
