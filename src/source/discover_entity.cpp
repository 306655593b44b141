// The part of Discover that lists one entity and finds its due files.
#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/utc_time.hpp"
#include "source/discover.hpp"

namespace peo::source {

// Classifies a page of an entity's keys by their names. A manifest directly follows its file, possibly on the
// next page.
void Discover::take(const TablePrefix& entity, std::vector<ObjectInfo> page, std::string& last_stem,
                    DueFiles& due_files, Discovered& found) {
  std::vector<Delivery> candidates;
  candidates.reserve(page.size());
  std::vector<std::string> parquet;
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
      parquet.push_back(std::move(object.key));
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
  // Files loaded earlier, while DuckDB's library was installed, don't count as ignored.
  if (!parquet.empty()) found.parquet.files += parquet.size() - ledger_.find(entity.table, parquet).size();
}

// Lists one object and its manifest, even where new files are no longer listed. False: it doesn't exist.
bool Discover::take_object(const TablePrefix& entity, const std::string& key, DueFiles& due_files,
                           Discovered& found) {
  const std::string stem(stem_of(key));
  auto page =
      source_.list({.prefix = stem, .delimited = false, .start_after = {}, .continuation = {}}).objects;
  std::erase_if(page, [&](const auto& object) {
    return object.key != key && !(is_manifest(object.key) && stem_of(object.key) == stem);
  });
  if (std::ranges::find(page, key, &ObjectInfo::key) == page.end()) return false;
  std::string last_stem;
  take(entity, std::move(page), last_stem, due_files, found);
  return true;
}

void Discover::look_up(const TablePrefix& entity, const std::map<std::string, Request>& requests,
                       DueFiles& due_files, Discovered& found) {
  for (const auto& [key, request] : requests) {
    if (!key.starts_with(entity.prefix) || due_files.requested.contains(key)) continue;
    const bool there = take_object(entity, key, due_files, found);
    if (due_files.requested.contains(key)) continue;
    found.rejected_requests[request.id] =
        there ? "it is not named like a full-load or change file" : "there is no such object in the bucket";
  }
}

// Only a warning: the order remains that of the names.
void Discover::warn_about_names(const std::vector<Delivery>& due) {
  for (const auto& delivery : due) {
    const auto& object = delivery.object;
    if (!delivery.name_time || delivery.request || is_credible(*delivery.name_time, object.last_modified))
      continue;
    if (!logged_.first_time("name " + object.key)) continue;
    log::warning(
        "The time in the name of {} is later than the time at which it was written ({} UTC). Once it is "
        "loaded, "
        "files of {} with earlier names are late files (LATE_FILES). If the name is wrong, skip the object: "
        "paper-engine-orders skip {} --reason WHY.",
        shortened(source_.full_key(object.key), 300), utc_time_text(object.last_modified), delivery.entity,
        shortened(object.key, 300));
  }
}

// The table stays held as long as the file that it is held for is due.
void Discover::look_up_held(const TablePrefix& entity, const std::string& key, DueFiles& due_files,
                            Discovered& found) {
  if (key.starts_with(entity.prefix) && !due_files.requested.contains(key))
    take_object(entity, key, due_files, found);
}

EntityListing::Start Discover::start_of(const TablePrefix& entity, bool full) const {
  // The time zone setting of DMS doesn't apply to transaction files.
  return EntityListing::start(entity, full, options_.look_back,
                              entity.tables ? nullptr : options_.names_zone.get());
}

// Lists the entity: its new files, and in this round possibly a slice of the older ones.
void Discover::list(const TablePrefix& entity, const More& more, DueFiles& due_files, Discovered& found) {
  auto start = start_of(entity, more.everything);
  std::set<std::string> listed;  // by the slice
  const bool all = more.slice && list_slice(entity, start, due_files, listed, found);
  if (all) start = start_of(entity, true);
  std::string last_stem;
  bool sorts_by_time = true;
  bool held_key_is_listed = more.held_key.empty();
  const auto drop_listed = [&](std::vector<ObjectInfo>& page) {
    std::erase_if(page, [&](const auto& object) {
      held_key_is_listed = held_key_is_listed || object.key == more.held_key;
      return listed.contains(object.key);
    });
  };
  const EntityListing::Take take_page = [&](std::vector<ObjectInfo> page) {
    drop_listed(page);
    // With date partitions, files of midnight may be in the next day's; some layouts don't sort by time at
    // all.
    sorts_by_time = sorts_by_time && std::ranges::none_of(page, [&](const auto& object) {
                      return object.key.find('/', entity.prefix.size()) != std::string::npos;
                    });
    take(entity, std::move(page), last_stem, due_files, found);
  };
  std::string last_stem_of_tail;
  const EntityListing::Limit limit{
      .take_tail =
          [&](std::vector<ObjectInfo> page) {
            drop_listed(page);
            take(entity, std::move(page), last_stem_of_tail, due_files, found);
          },
      .enough = [&](const std::string& key) { return sorts_by_time && due_files.is_full_before(key); }};
  // Where an hour repeats (end of daylight saving time), names don't sort by time either.
  const bool may_stop = options_.stop_when_full && !entity.tables && options_.names_zone == nullptr;
  EntityListing(source_, entity, take_page, may_stop ? &limit : nullptr).run(start);
  if (all && due_files.found() == 0) full_listing_.done(entity.prefix);
  if (!held_key_is_listed && !listed.contains(more.held_key))
    look_up_held(entity, more.held_key, due_files, found);
}

// True: the whole entity must be listed at once, because full-load files are classified together and some are
// where the listing of new files doesn't reach, as under "1/".
bool Discover::list_slice(const TablePrefix& entity, const EntityListing::Start& start, DueFiles& due_files,
                          std::set<std::string>& listed, Discovered& found) {
  const auto& end = start.request.start_after;
  if (end.empty() && !start.dates) {  // the round itself lists everything
    full_listing_.done(entity.prefix);
    return false;
  }
  bool all = false;
  std::string last_stem;
  const auto is_load = [&](const ObjectInfo& object) {
    return std::holds_alternative<LoadName>(
        parse_object_name(std::string_view(object.key).substr(entity.prefix.size())));
  };
  const auto parquet_before = found.parquet.files;
  full_listing_.list(source_, entity.prefix, end, [&](std::vector<ObjectInfo> page) {
    if (start.dates) {
      std::erase_if(page, is_load);  // the round itself lists them
    } else if (std::ranges::any_of(page, is_load)) {
      all = true;
      return true;
    }
    for (const auto& object : page) listed.insert(object.key);
    const auto parquet_of_pages = found.parquet.files;
    take(entity, std::move(page), last_stem, due_files, found);
    const bool again = due_files.found() != 0;
    if (again) found.parquet.files = parquet_of_pages;  // counted when the page is listed for the last time
    return again;
  });
  swept_parquet_[entity.prefix] += std::exchange(found.parquet.files, parquet_before) - parquet_before;
  return all;
}

Discover::Round Discover::discover_entity(const TablePrefix& entity, const Requests& requests,
                                          const More& more, Discovered& found) {
  DueFiles due_files(ledger_, entity.state, requests,
                     {.round_limit = round_limit_,
                      .reload_settle = options_.reload_settle,
                      .now = now(),
                      .names_zone = options_.names_zone.get()});
  const auto before = found.parquet.files;
  list(entity, more, due_files, found);
  // A listing of new files doesn't show all Parquet files.
  auto& parquet_files = parquet_files_[entity.prefix];
  const auto swept = more.slice ? swept_parquet_[entity.prefix] : 0;
  const auto listed = found.parquet.files - before + swept;
  const bool all_were_seen = more.everything || (more.slice && !full_listing_.has(entity.prefix));
  parquet_files = all_were_seen ? listed : std::max(listed, parquet_files);
  if (all_were_seen) swept_parquet_.erase(entity.prefix);
  look_up(entity, requests, due_files, found);
  found.parquet.files = before + parquet_files;
  due_files.finish();
  warn_about_names(due_files.due);
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
         .reason =
             "the time in its name is in the hour that repeats when daylight saving time ends, and it was "
             "written too late to tell which of the two is meant"});
  }
  return {std::move(due_files.due), due_files.cut && !due_files.waiting && !due_files.held};
}

}  // namespace peo::source
