#include "source/discover.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/error.hpp"
#include "base/identifiers.hpp"
#include "base/log.hpp"
#include "base/names_text.hpp"
#include "base/utc_time.hpp"
#include "source/folders.hpp"

namespace peo::source {
namespace {

const char* words(Ignored reason) {
  switch (reason) {
    case Ignored::ControlTable:
      return "a control table";
    case Ignored::UnknownFile:
      return "not a name of a LOAD or change file";
    case Ignored::UnknownTable:
      return "no table of this name in the target; its files load from the start when there is one";
    case Ignored::Parquet:  // said by the loader, once for all
    case Ignored::FolderMarker:
      break;
  }
  return "a folder marker";
}

}  // namespace

void hold_refused(Discovered& found, const std::map<std::string, Error>& refused) {
  for (const auto& [table, error] : refused) {
    if (found.backlog.contains(table))
      found.held.push_back({table, "", error.what(), error.hint(), error.exit_code()});
  }
}

std::string unmatched_text(const std::vector<std::string>& folders) {
  if (folders.empty()) return {};
  return (folders.size() == 1 ? "1 folder matches no table: "
                              : fmt::format("{} folders match no table: ", folders.size())) +
         names_text(folders);
}

Discover::Discover(Source& source, Ledger& ledger, DiscoverOptions options)
    : source_(source), ledger_(ledger), options_(std::move(options)) {}

void Discover::ignore(Ignored reason, const std::string& key, Discovered& found) {
  ++found.ignored[reason];
  if (reason == Ignored::FolderMarker) return;
  if (said_.first_time(key)) {
    const auto name = parse_object_name(std::string_view(key).substr(key.find_last_of('/') + 1));
    log::info("Left alone: {} ({}).", shortened(source_.full_key(key), 300),
              std::holds_alternative<TransactionName>(name)
                  ? "a transaction file; CDC_PATH says which folder has them"
                  : words(reason));
  }
}

const std::vector<std::string>& Discover::folders_below(const std::string& prefix, Discovered& found) {
  const auto [known, missing] = levels_.try_emplace(prefix);
  auto& level = known->second;
  if (missing) {
    try {
      Discovered beside;
      level.folders = source::folders_below(source_, prefix, [&](const ObjectInfo& object) {
        if (object.key != prefix)
          ignore(object.key.ends_with('/') ? Ignored::FolderMarker : Ignored::UnknownFile, object.key,
                 beside);
      });
      level.ignored = std::move(beside.ignored);
    } catch (...) {
      levels_.erase(known);
      throw;
    }
  }
  for (const auto& [reason, count] : level.ignored) found.ignored[reason] += count;
  return level.folders;
}

std::vector<TablePrefix> Discover::find_entities(const TableNames& tables, Discovered& found) {
  std::map<std::string, TablePrefix> entities;
  std::map<std::string, std::vector<std::string>> folders;  // of tables that several claim
  for (const auto& schema : folders_below("", found)) {
    if (schema == options_.transactions) continue;
    for (const auto& folder : folders_below(schema, found)) {
      if (holds_transactions(folder)) continue;
      const auto name = last_part(folder);
      if (is_control_table(name)) {
        ignore(Ignored::ControlTable, folder, found);
        continue;
      }
      const auto* const table = tables.find(last_part(schema), name);
      if (table == nullptr) {
        ignore(Ignored::UnknownTable, folder, found);
        found.unmatched.push_back(folder);
        continue;
      }
      TablePrefix entity;
      entity.table = *table;
      entity.schema = last_part(schema);
      entity.prefix = folder;
      const auto [first, fresh] = entities.emplace(*table, std::move(entity));
      if (fresh) continue;
      auto& claims = folders[*table];
      if (claims.empty()) claims.push_back(first->second.prefix);
      claims.push_back(folder);
    }
  }
  // Rows of two sources would overwrite each other.
  for (const auto& [table, claims] : folders) {
    entities.erase(table);
    found.backlog[table] = {};
    std::vector<std::string> keys;
    keys.reserve(claims.size());
    for (const auto& folder : claims) keys.push_back(source_.full_key(folder));
    found.held.push_back(
        {.entity = table,
         .object_key = claims.front(),
         .reason =
             fmt::format("{} folders claim the table {}: {}", claims.size(), table, fmt::join(keys, ", ")),
         .hint = "Rows of the one would overwrite those of the other. Create a table for each of them and "
                 "name its source in a comment: COMMENT ON TABLE ... IS 'Source table: schema.table.'; or "
                 "move all but one out of bucket_path.",
         .exit_code = ExitCode::Configuration});
  }
  std::vector<TablePrefix> list;
  list.reserve(entities.size());
  for (auto& [name, entity] : entities) list.push_back(std::move(entity));
  return list;
}

// The transaction files' folder, as an entity that carries the rows of all tables.
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
  TablePrefix folder;
  folder.table = options_.transactions;
  folder.schema = last_part(options_.transactions);
  folder.prefix = options_.transactions;
  folder.tables = std::make_shared<const std::vector<StreamTable>>(std::move(carried));
  return folder;
}

// A page of an entity's keys: what its names say of them. A manifest stands right behind its file; between
// the two a page may end.
void Discover::take(const TablePrefix& entity, std::vector<ObjectInfo> page, std::string& last_stem,
                    DueFiles& due_files, Discovered& found) {
  std::vector<Delivery> candidates;
  candidates.reserve(page.size());
  for (auto& object : page) {
    if (is_manifest(object.key) && stem_of(object.key) == last_stem) {
      if (candidates.empty()) {
        due_files.attach_manifest(object);
      } else {
        candidates.back().manifest = std::move(object);
      }
      continue;
    }
    const auto name = parse_object_name(std::string_view(object.key).substr(entity.prefix.size()));
    const bool is_of_table =
        std::holds_alternative<LoadName>(name) || std::holds_alternative<ChangeName>(name);
    if (is_of_table && !entity.tables && is_parquet(object.key) && !options_.no_parquet.empty()) {
      ++found.parquet.files;
      continue;
    }
    const auto* load = std::get_if<LoadName>(&name);
    const auto* change = std::get_if<ChangeName>(&name);
    const auto* transactions = std::get_if<TransactionName>(&name);
    Delivery delivery;
    if (load != nullptr && !entity.tables) {
      delivery.kind = DeliveryKind::FullLoad;
      delivery.load_counter = load->counter;
    } else if (change != nullptr && !entity.tables) {
      delivery.kind = DeliveryKind::Change;
      delivery.name_time = moment_of(change->time, object.last_modified, options_.names_zone.get());
    } else if (transactions != nullptr && entity.tables) {
      delivery.kind = DeliveryKind::Change;
      delivery.name_time = transactions->time;
      delivery.tables = entity.tables;
    } else {
      ignore(std::holds_alternative<FolderMarker>(name) ? Ignored::FolderMarker : Ignored::UnknownFile,
             object.key, found);
      continue;
    }
    delivery.schema = entity.schema;
    delivery.entity = entity.table;
    delivery.object = std::move(object);
    last_stem = stem_of(delivery.object.key);
    candidates.push_back(std::move(delivery));
  }
  due_files.take(std::move(candidates));
}

// What operators asked for may lie where nothing is listed any more.
void Discover::look_up(const TablePrefix& entity, const std::map<std::string, Request>& requests,
                       DueFiles& due_files, Discovered& found) {
  for (const auto& [key, request] : requests) {
    if (!key.starts_with(entity.prefix) || due_files.requested.contains(key)) continue;
    const std::string stem(stem_of(key));
    auto page =
        source_.list({.prefix = stem, .by_folder = false, .start_after = {}, .continuation = {}}).objects;
    // clang 14 captures no structured binding without being told its name.
    std::erase_if(page, [&, &key = key](const auto& object) {
      return object.key != key && !(is_manifest(object.key) && stem_of(object.key) == stem);
    });
    const bool there =
        std::ranges::any_of(page, [&key = key](const auto& object) { return object.key == key; });
    if (!there) found.rejected_requests[request.id] = "there is no such object in the bucket";
    std::string last_stem;
    take(entity, there ? std::move(page) : std::vector<ObjectInfo>{}, last_stem, due_files, found);
    if (due_files.requested.contains(key) || found.rejected_requests.contains(request.id)) continue;
    found.rejected_requests[request.id] = "its name is not that of a LOAD or change file";
  }
}

// Their order is that of their names, all the same.
void Discover::warn_of_names(const std::vector<Delivery>& due) {
  for (const auto& delivery : due) {
    const auto& object = delivery.object;
    if (!delivery.name_time || delivery.request || is_credible(*delivery.name_time, object.last_modified))
      continue;
    if (!said_.first_time("name " + object.key)) continue;
    log::warning(
        "{} is named after a time later than the object was written ({} UTC). Files of {} with "
        "earlier names are late files from then on (LATE_FILES). If the name is wrong, skip the object: "
        "paper-engine-orders skip {} --reason WHY.",
        shortened(source_.full_key(object.key), 300), utc_time_text(object.last_modified), delivery.entity,
        shortened(object.key, 300));
  }
}

EntityListing::Start Discover::start_of(const TablePrefix& entity, bool full) const {
  // DMS has no such zone for transaction files.
  return EntityListing::start(entity, full, options_.look_back,
                              entity.tables ? nullptr : options_.names_zone.get());
}

Discover::Round Discover::look_at(TablePrefix entity, const std::map<std::string, Request>& requests,
                                  bool full, Discovered& found) {
  DueFiles due_files(ledger_, entity.state, requests,
                     {.round_limit = round_limit_,
                      .reload_settle = options_.reload_settle,
                      .now = now(),
                      .names_zone = options_.names_zone.get()});
  std::string last_stem;
  bool sorts_by_time = true;
  const EntityListing::Take take_page = [&](std::vector<ObjectInfo> page) {
    // In date folders, files of midnight may lie in the next day's, and others don't sort by time at all.
    sorts_by_time = sorts_by_time && std::ranges::none_of(page, [&](const auto& object) {
                      return object.key.find('/', entity.prefix.size()) != std::string::npos;
                    });
    take(entity, std::move(page), last_stem, due_files, found);
  };
  std::string last_stem_of_tail;
  const EntityListing::Limit limit{
      .take_tail =
          [&](std::vector<ObjectInfo> page) {
            take(entity, std::move(page), last_stem_of_tail, due_files, found);
          },
      .enough = [&](const std::string& key) { return sorts_by_time && due_files.is_full_before(key); }};
  // Where an hour comes twice, names don't sort by time either.
  const bool may_stop = options_.stop_when_full && !entity.tables && options_.names_zone == nullptr;
  const auto before = found.parquet.files;
  EntityListing(source_, entity, take_page, may_stop ? &limit : nullptr).run(start_of(entity, full));
  // A listing of what is new doesn't show all of them.
  auto& parquet_files = parquet_files_[entity.prefix];
  const auto listed = found.parquet.files - before;
  parquet_files = full ? listed : std::max(listed, parquet_files);
  look_up(entity, requests, due_files, found);
  found.parquet.files = before + parquet_files;
  due_files.finish();
  warn_of_names(due_files.due);
  found.rejected_requests.merge(due_files.rejected_requests);
  found.backlog[entity.table] = due_files.backlog;
  if (due_files.waiting) found.waiting[entity.table] = *due_files.waiting;
  if (due_files.held)
    found.held.push_back(
        {.entity = entity.table, .object_key = due_files.held->object_key, .reason = due_files.held->reason});
  if (due_files.ambiguous) {
    found.held.push_back(
        {.entity = entity.table,
         .object_key = due_files.ambiguous->object.key,
         .reason = "its name lies in the hour that the clock shows twice, and it was written too late "
                   "to tell which of the two "
                   "is meant"});
  }
  return {std::move(due_files.due), due_files.cut && !due_files.waiting && !due_files.held};
}

Discovered Discover::round(const TableNames& tables, bool full, const std::set<std::string>& stuck) {
  Discovered found;
  // Folders come and go with the tables of the source, not with their files: they aren't listed in each poll.
  constexpr auto between_levels = std::chrono::minutes(1);
  const auto time = std::chrono::steady_clock::now();
  if (full || time - levels_listed_ >= between_levels) {
    levels_.clear();
    levels_listed_ = time;
  }
  found.parquet.why = options_.no_parquet;
  auto entities = find_entities(tables, found);
  auto names = tables.tables();
  if (!options_.transactions.empty()) names.push_back(options_.transactions);
  auto states = ledger_.states(names, options_.look_back_files);
  std::map<std::string, Request> requests;
  for (auto& open : ledger_.open_requests()) requests.emplace(std::move(open.object_key), open.request);
  // With many tables, the files of all of them are held at once.
  constexpr std::size_t most_due = 20'000;
  constexpr std::size_t least_share = 100;
  round_limit_ = options_.round_limit;
  if (options_.stop_when_full && !entities.empty())
    round_limit_ = std::min(round_limit_, std::max(most_due / entities.size(), least_share));
  std::vector<Round> rounds;
  rounds.reserve(entities.size());
  const auto locate = [&](TablePrefix& entity) {
    if (const auto state = states.find(entity.table); state != states.end()) entity.state = state->second;
    return start_of(entity, full).request;
  };
  std::vector<ListRequest> first_pages;
  first_pages.reserve(entities.size());
  for (auto& entity : entities) first_pages.push_back(locate(entity));
  source_.expect_pages(first_pages);
  const auto look = [&](TablePrefix& entity) {
    rounds.push_back(look_at(entity, requests, full, found));
    if (stuck.contains(entity.table)) rounds.back().cut = false;
  };
  for (auto& entity : entities) look(entity);
  if (!options_.transactions.empty()) {
    entities.push_back(transactions(tables, entities));
    locate(entities.back());
    look(entities.back());
    auto files = std::move(rounds.back());
    rounds.pop_back();
    wait_for_loads(files, rounds, found);
    rounds.push_back(std::move(files));
  }
  if (found.parquet.files != 0) found.ignored[Ignored::Parquet] = found.parquet.files;
  for (const auto& [key, request] : requests) {
    const auto inside = [&key = key](const TablePrefix& entity) { return key.starts_with(entity.prefix); };
    if (std::none_of(entities.begin(), entities.end(), inside)) {
      found.rejected_requests[request.id] = "it lies in no folder of a table that is in the target";
    }
  }
  merge(std::move(rounds), found);
  return found;
}

// What a full load brings is older than the changes: while there is any to come, the transaction files wait.
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
  found.waiting[options_.transactions] = "the full loads that are due go in first: " + tables;
}

// Merges by time; where an entity was cut, the round ends with it: what follows there is not known yet.
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
    // The full-load files of an entity are taken together: they can share a transaction.
    auto& entity = rounds[best];
    do {
      found.due.push_back(std::move(entity.due[next[best]++]));
    } while (found.due.back().kind == DeliveryKind::FullLoad && next[best] < entity.due.size() &&
             entity.due[next[best]].kind == DeliveryKind::FullLoad);
  }
}

}  // namespace peo::source
