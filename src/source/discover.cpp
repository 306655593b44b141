#include "source/discover.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/identifiers.hpp"
#include "base/log.hpp"
#include "base/names_text.hpp"
#include "base/utc_time.hpp"
#include "source/prefixes.hpp"

namespace peo::source {
namespace {

const char* words(Ignored reason) {
  switch (reason) {
    case Ignored::ControlTable:
      return "it is a control table";
    case Ignored::UnknownFile:
      return "it is not named like a full-load or change file";
    case Ignored::UnknownTable:
      return "the target has no such table. Its files are loaded from the beginning once the table exists";
    case Ignored::Parquet:  // logged by the loader, once for all files
    case Ignored::FolderMarker:
      break;
  }
  return "it is a folder marker";
}

// Whether an event about the key or prefix may concern the entity's prefix.
bool touches(const std::string& one, const std::string& other) {
  return !other.empty() && (other.starts_with(one) || one.starts_with(other));
}

}  // namespace

void hold_refused(Discovered& found, const std::map<std::string, Error>& refused) {
  for (const auto& [table, error] : refused) {
    if (found.backlog.contains(table))
      found.held.push_back({table, "", error.what(), error.hint(), error.exit_code()});
  }
}

std::string unmatched_text(const std::vector<std::string>& prefixes) {
  if (prefixes.empty()) return {};
  return (prefixes.size() == 1 ? "1 prefix matches no table: "
                               : fmt::format("{} prefixes match no table: ", prefixes.size())) +
         names_text(prefixes);
}

Discover::Discover(Source& source, Ledger& ledger, DiscoverOptions options)
    : source_(source), ledger_(ledger), options_(std::move(options)) {}

void Discover::ignore(Ignored reason, const std::string& key, Discovered& found) {
  ++found.ignored[reason];
  if (reason == Ignored::FolderMarker) return;
  if (logged_.first_time(key)) {
    const auto name = parse_object_name(std::string_view(key).substr(key.find_last_of('/') + 1));
    log::info("Ignoring {}: {}.", shortened(source_.full_key(key), 300),
              std::holds_alternative<TransactionName>(name)
                  ? "it is a transaction file. To load transaction files, set CDC_PATH to their prefix"
                  : words(reason));
  }
}

const Discover::Level& Discover::level(const std::string& prefix, Discovered& found) {
  auto known = levels_.find(prefix);
  if (known == levels_.end()) {
    Level level;
    try {
      Discovered beside;
      level.prefixes = prefixes_below(source_, prefix, [&](const ObjectInfo& object) {
        if (object.key != prefix)
          ignore(object.key.ends_with('/') ? Ignored::FolderMarker : Ignored::UnknownFile, object.key,
                 beside);
      });
      level.ignored = std::move(beside.ignored);
    } catch (const Error& error) {
      if (prefix.empty() || !refuses_prefix(error)) throw;
      if (logged_.first_time("refused " + prefix))
        log::warning("Nothing below {} is loaded: {}", shortened(source_.full_key(prefix), 300),
                     error.describe());
      level.refused = error;
    }
    known = levels_.emplace(prefix, std::move(level)).first;
  }
  for (const auto& [reason, count] : known->second.ignored) found.ignored[reason] += count;
  return known->second;
}

std::vector<TablePrefix> Discover::find_entities(const TableNames& tables, Discovered& found) {
  std::map<std::string, TablePrefix> entities;
  std::map<std::string, std::vector<std::string>> prefixes;  // of tables that several prefixes match
  for (const auto& schema : level("", found).prefixes) {
    if (schema == options_.transactions) continue;
    const auto& below = level(schema, found);
    if (below.refused) found.unmatched.push_back(schema);
    for (const auto& prefix : below.prefixes) {
      if (holds_transactions(prefix)) continue;
      const auto name = last_part(prefix);
      if (is_control_table(name)) {
        ignore(Ignored::ControlTable, prefix, found);
        continue;
      }
      const auto* const table = tables.find(last_part(schema), name);
      if (table == nullptr) {
        ignore(Ignored::UnknownTable, prefix, found);
        found.unmatched.push_back(prefix);
        continue;
      }
      TablePrefix entity;
      entity.table = *table;
      entity.schema = last_part(schema);
      entity.prefix = prefix;
      const auto [first, fresh] = entities.emplace(*table, std::move(entity));
      if (fresh) continue;
      auto& claims = prefixes[*table];
      if (claims.empty()) claims.push_back(first->second.prefix);
      claims.push_back(prefix);
    }
  }
  throw_if_all_refused();
  // The rows of two sources would overwrite each other.
  for (const auto& [table, claims] : prefixes) {
    entities.erase(table);
    found.backlog[table] = {};
    std::vector<std::string> keys;
    keys.reserve(claims.size());
    for (const auto& prefix : claims) keys.push_back(source_.full_key(prefix));
    found.held.push_back(
        {.entity = table,
         .object_key = claims.front(),
         .reason = fmt::format("{} prefixes match table {}: {}", claims.size(), table, fmt::join(keys, ", ")),
         .hint =
             "Their rows would overwrite each other. Create a table for each of them and name its source "
             "in a comment: COMMENT ON TABLE ... IS 'Source table: schema.table.'; or move all but one out "
             "of bucket_path.",
         .exit_code = ExitCode::Configuration});
  }
  std::vector<TablePrefix> list;
  list.reserve(entities.size());
  for (auto& [name, entity] : entities) list.push_back(std::move(entity));
  return list;
}

// A permission that is missing for all of them concerns the whole bucket.
void Discover::throw_if_all_refused() const {
  const Error* refused = nullptr;
  for (const auto& [prefix, level] : levels_) {
    if (prefix.empty()) continue;
    if (!level.refused) return;
    refused = &*level.refused;
  }
  if (refused != nullptr) throw Error(*refused);
}

// Tables whose files are known to be below a prefix that can't be listed any more.
void Discover::hold_below_refused(const std::vector<std::string>& tables,
                                  const std::map<std::string, EntityState>& states, Discovered& found) const {
  for (const auto& table : tables) {
    const auto state = states.find(table);
    if (state == states.end() || found.backlog.contains(table)) continue;
    for (const auto& [prefix, level] : levels_) {
      if (!level.refused || !state->second.loaded_key.starts_with(prefix)) continue;
      hold_unlistable(table, *level.refused, found);
      std::erase(found.unmatched, prefix);
    }
  }
}

void Discover::hold_unlistable(const std::string& entity, const Error& error, Discovered& found) {
  found.backlog[entity] = {};
  found.unlistable.insert(entity);
  found.held.push_back({.entity = entity,
                        .object_key = "",
                        .reason = error.what(),
                        .hint = error.hint(),
                        .exit_code = error.exit_code()});
}

// A changed comment or prefix name has given the table another source. Its rows and ledger entries are those
// of the previous source: files of the new one would count as late, and the rows of both would be mixed.
void Discover::hold_moved(std::vector<TablePrefix>& entities, Discovered& found) const {
  std::erase_if(entities, [&](const TablePrefix& entity) {
    const auto& loaded = entity.state.loaded_key;
    if (loaded.empty() || loaded.starts_with(entity.prefix)) return false;
    found.backlog[entity.table] = {};
    const auto before = loaded.substr(0, loaded.find('/', loaded.find('/') + 1) + 1);
    found.held.push_back(
        {.entity = entity.table,
         .object_key = "",
         .reason = fmt::format("table {} contains rows of {}, but its source is now {}", entity.table,
                               source_.full_key(before), source_.full_key(entity.prefix)),
         .hint =
             "Create a table for the new source and name it in a comment: COMMENT ON TABLE ... IS 'Source "
             "table: schema.table.'. If the prefix was only renamed, rename it in the ledger too: see "
             "\"Tables that change hands or names\" in docs/operations.md.",
         .exit_code = ExitCode::Configuration});
    return true;
  });
}

// The prefix of the transaction files, as an entity that carries the rows of all tables.
TablePrefix Discover::transactions(const TableNames& tables, const std::vector<TablePrefix>& entities) const {
  std::vector<StreamTable> carried;
  carried.reserve(tables.tables().size());
  for (const auto& table : tables.tables()) {
    StreamTable one{.table = table};
    if (const auto* const source = tables.source_of(table)) {
      one.source = *source;
      one.schema = source->schema;
    }
    for (const auto& entity : entities) {
      if (entity.table != table) continue;
      one.schema = entity.schema;
      one.snapshot = entity.state.snapshot;
    }
    carried.push_back(std::move(one));
  }
  TablePrefix stream;
  stream.table = options_.transactions;
  stream.schema = last_part(options_.transactions);
  stream.prefix = options_.transactions;
  stream.tables = std::make_shared<const std::vector<StreamTable>>(std::move(carried));
  return stream;
}

Discovered Discover::round(const TableNames& tables, Scope scope, const Stuck& stuck) {
  Discovered found;
  // Prefixes appear and disappear with the tables of the source, not with files: not every poll lists them.
  constexpr auto between_levels = std::chrono::minutes(1);
  const auto time = std::chrono::steady_clock::now();
  if (scope.everything || (scope.all && time - levels_listed_ >= between_levels)) forget_levels();
  found.parquet.why = options_.no_parquet;
  auto entities = find_entities(tables, found);
  if (!std::ranges::all_of(scope.prefixes, [&](const auto& prefix) { return is_known(prefix, entities); })) {
    forget_levels();
    found = {};
    found.parquet.why = options_.no_parquet;
    entities = find_entities(tables, found);
  }
  auto names = tables.tables();
  if (!options_.transactions.empty()) names.push_back(options_.transactions);
  auto states = ledger_.states(names, options_.look_back_files);
  const auto locate = [&](TablePrefix& entity) {
    if (const auto state = states.find(entity.table); state != states.end()) entity.state = state->second;
  };
  for (auto& entity : entities) locate(entity);
  hold_below_refused(names, states, found);
  hold_moved(entities, found);
  if (!options_.transactions.empty()) {
    entities.push_back(transactions(tables, entities));
    locate(entities.back());
  }
  Requests requests;
  for (auto& open : ledger_.open_requests()) requests.emplace(std::move(open.object_key), open.request);
  reject_foreign(requests, entities, found);
  full_listing_.set_tables(entities);
  std::string swept;
  if (const auto* const next = scope.slice ? full_listing_.next(entities, stuck) : nullptr)
    swept = next->prefix;
  limit_round(entities.size());
  narrow(scope, entities, requests, swept);
  found.all = scope.all;
  const auto more_of = [&](const TablePrefix& entity) {
    const auto held = stuck.find(entity.table);
    return More{.everything = scope.everything,
                .slice = entity.prefix == swept,
                .held_key = held == stuck.end() ? "" : held->second};
  };
  std::vector<ListRequest> first_pages;
  for (const auto& entity : entities) {
    // Of tables only: a slice starts elsewhere, and a poll may not list transaction files that wait for
    // loads.
    if (!entity.tables && entity.prefix != swept)
      first_pages.push_back(start_of(entity, scope.everything).request);
  }
  source_.expect_pages(first_pages);
  auto rounds = discover_entities(entities, requests, more_of, found);
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    if (stuck.contains(entities[i].table)) rounds[i].cut = false;
  }
  if (!entities.empty() && entities.back().tables) {
    auto files = std::move(rounds.back());
    rounds.pop_back();
    wait_for_loads(files, rounds, found);
    rounds.push_back(std::move(files));
  }
  if (found.parquet.files != 0) found.ignored[Ignored::Parquet] = found.parquet.files;
  merge(std::move(rounds), found);
  return found;
}

// A table whose prefix can't be listed is held. If none of them can be, the permission is missing for the
// whole bucket, unless only some tables are listed and the bucket itself can be.
std::vector<Discover::Round> Discover::discover_entities(
    const std::vector<TablePrefix>& entities, const Requests& requests,
    const std::function<More(const TablePrefix&)>& more_of, Discovered& found) {
  std::vector<Round> rounds;
  rounds.reserve(entities.size());
  std::optional<Error> refused;
  bool any_listed = false;
  for (const auto& entity : entities) {
    try {
      rounds.push_back(discover_entity(entity, requests, more_of(entity), found));
      any_listed = true;
    } catch (const Error& error) {
      if (!refuses_prefix(error)) throw;
      if (!refused) refused = error;
      hold_unlistable(entity.table, error, found);
      rounds.emplace_back();
    }
  }
  if (!refused || any_listed) return rounds;
  if (found.all) throw Error(*refused);
  source_.list({.prefix = "", .delimited = true, .start_after = {}, .continuation = {}});
  return rounds;
}

void Discover::forget_levels() {
  levels_.clear();
  levels_listed_ = std::chrono::steady_clock::now();
}

// The due files of all tables are in memory at once, so with many tables each gets a smaller share.
void Discover::limit_round(std::size_t entities) {
  constexpr std::size_t most_due = 20'000;
  constexpr std::size_t least_share = 100;
  round_limit_ = options_.round_limit;
  if (options_.stop_when_full && entities != 0)
    round_limit_ = std::min(round_limit_, std::max(most_due / entities, least_share));
}

void Discover::reject_foreign(const Requests& requests, const std::vector<TablePrefix>& entities,
                              Discovered& found) {
  for (const auto& [key, request] : requests) {
    const auto inside = [&key = key](const TablePrefix& entity) { return key.starts_with(entity.prefix); };
    if (std::none_of(entities.begin(), entities.end(), inside))
      found.rejected_requests[request.id] = "it is not under the prefix of any table in the target";
  }
}

// Whether listing the root and the schemas would reveal nothing new about the prefix.
bool Discover::is_known(const std::string& prefix, const std::vector<TablePrefix>& entities) const {
  if (touches(prefix, options_.transactions)) return true;
  if (std::ranges::any_of(entities, [&](const auto& one) { return touches(prefix, one.prefix); }))
    return true;
  return std::ranges::any_of(levels_, [&](const auto& level) {
    return !level.first.empty() && std::ranges::any_of(level.second.prefixes, [&](const auto& known) {
      return prefix.starts_with(known);
    });
  });
}

// Keeps the entities that the scope names, that have open requests, or whose slice is next.
void Discover::narrow(Scope& scope, std::vector<TablePrefix>& entities, const Requests& requests,
                      const std::string& swept) {
  if (scope.all) return;
  const auto is_named = [&](const TablePrefix& entity) {
    return entity.prefix == swept || scope.tables.contains(entity.table) ||
           std::ranges::any_of(scope.prefixes,
                               [&](const auto& prefix) { return touches(prefix, entity.prefix); }) ||
           std::ranges::any_of(requests,
                               [&](const auto& one) { return one.first.starts_with(entity.prefix); });
  };
  // The transaction files wait for the full loads of all tables.
  if (!entities.empty() && entities.back().tables && is_named(entities.back())) {
    scope.all = true;
    return;
  }
  std::erase_if(entities, [&](const auto& entity) { return !is_named(entity); });
}

// The rows of a full load are older than the changes: transaction files wait until no full load is due.
void Discover::wait_for_loads(Round& transactions, const std::vector<Round>& rounds,
                              Discovered& found) const {
  if (transactions.due.empty()) return;
  std::string tables;
  const auto add = [&](const std::string& table) { tables += (tables.empty() ? "" : ", ") + table; };
  for (const auto& round : rounds) {
    if (!round.due.empty() && round.due.front().kind == DeliveryKind::FullLoad) add(round.due.front().entity);
  }
  for (const auto& [entity, why] : found.waiting) add(entity);
  for (const auto& held : found.held) {
    if (held.entity != options_.transactions) add(held.entity);
  }
  if (tables.empty()) return;
  transactions.due.clear();
  transactions.cut = false;
  found.waiting[options_.transactions] = "the full loads that are due are loaded first: " + tables;
}

// Merges by time. The round ends where an entity's list was cut, because what follows there isn't known yet.
void Discover::merge(std::vector<Round> rounds, Discovered& found) {
  std::vector<std::size_t> next(rounds.size(), 0);
  const auto when = [](const Delivery& delivery) {
    return delivery.name_time.value_or(delivery.object.last_modified);
  };
  while (true) {
    std::size_t best = rounds.size();
    for (std::size_t i = 0; i < rounds.size(); ++i) {
      if (next[i] == rounds[i].due.size()) {
        if (rounds[i].cut) {
          found.more = true;
          return;
        }
        continue;
      }
      const auto& candidate = rounds[i].due[next[i]];
      if (best == rounds.size()) {
        best = i;
        continue;
      }
      const auto& other = rounds[best].due[next[best]];
      if (std::pair(when(candidate), std::cref(candidate.object.key).get()) <
          std::pair(when(other), std::cref(other.object.key).get())) {
        best = i;
      }
    }
    if (best == rounds.size()) return;
    // The full-load files of an entity stay together: they can share a transaction.
    auto& entity = rounds[best];
    do {
      found.due.push_back(std::move(entity.due[next[best]++]));
    } while (found.due.back().kind == DeliveryKind::FullLoad && next[best] < entity.due.size() &&
             entity.due[next[best]].kind == DeliveryKind::FullLoad);
  }
}

}  // namespace peo::source
