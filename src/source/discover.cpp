#include "source/discover.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/error.hpp"
#include "base/log.hpp"

namespace peo::source {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return result;
}

std::string last_part(std::string_view folder) {  // "dbo/orders/" → "orders"
  folder.remove_suffix(1);
  return std::string(folder.substr(folder.find_last_of('/') + 1));
}

// The place in a table's folder from which changes of `time` and later are listed, in a flat folder.
std::string flat_name(Time time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{floor<seconds>(time) - day};
  return fmt::format("{:04}{:02}{:02}-{:02}{:02}{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

// The latest moment that a folder may name, of which only the first parts are known; none: not a date.
std::optional<Time> latest_in(std::string_view relative, const DateFolder& dates) {
  using namespace std::chrono;
  int y = 9999;
  unsigned m = 12;
  unsigned d = 31;
  std::size_t at = 0;
  for (const auto part : dates.parts) {
    if (at >= relative.size()) break;
    std::size_t digits = 0;
    const std::size_t most = part == DateFolder::Part::Year ? 4 : 2;
    unsigned value = 0;
    while (digits < most && at < relative.size() && relative[at] >= '0' && relative[at] <= '9') {
      value = value * 10 + static_cast<unsigned>(relative[at++] - '0');
      ++digits;
    }
    if (digits == 0) return std::nullopt;
    if (part == DateFolder::Part::Year) y = static_cast<int>(value);
    if (part == DateFolder::Part::Month) m = std::clamp(value, 1U, 12U);
    if (part == DateFolder::Part::Day) d = std::clamp(value, 1U, 31U);
    if (at < relative.size() && (relative[at] == '/' || relative[at] == dates.separator)) ++at;
  }
  if (at < relative.size()) return std::nullopt;
  year_month_day date{year(y), month(m), day(d)};
  if (!date.ok()) date = year(y) / month(m) / last;
  return Time(sys_days(date)) + hours(24);
}

const char* words(Ignored reason) {
  switch (reason) {
    case Ignored::ControlTable:
      return "a control table";
    case Ignored::UnknownFile:
      return "not a name of a LOAD or change file";
    case Ignored::FolderWithoutTable:
      return "no table of this name in the target; its files load from the start when there is one";
    case Ignored::FolderMarker:
      break;
  }
  return "a folder marker";
}

}  // namespace

struct Discover::Entity {
  std::string table;   // in the target
  std::string schema;  // as in the bucket
  std::string prefix;  // "dbo/orders/"
  std::optional<Cursor> cursor;
  std::vector<FoundDelivery> due;  // a heap while listing, largest on top; then sorted
  bool cut = false;                // more than round_limit were found
  bool held = false;
};

Discover::Discover(Source& source, Ledger& ledger, DiscoverOptions options)
    : source_(source), ledger_(ledger), options_(options) {}

void Discover::ignore(Ignored reason, const std::string& key, Discovered& found) {
  ++found.ignored[reason];
  if (reason == Ignored::FolderMarker) return;
  if (said_.size() < 10'000 && said_.insert(key).second) {
    log::info("Left alone: {} ({}).", shortened(source_.full_key(key), 300), words(reason));
  }
}

void Discover::hold(Entity& entity, const std::string& key, const std::string& reason, Discovered& found) {
  if (!entity.held) found.held.push_back({entity.table, key, reason});
  entity.held = true;
}

std::vector<std::string> Discover::folders_below(const std::string& prefix, Discovered& found) {
  std::vector<std::string> folders;
  ListRequest request{.prefix = prefix, .by_folder = true, .start_after = {}, .continuation = {}};
  do {
    auto page = source_.list(request);
    for (const auto& object : page.objects) {
      if (object.key != prefix)
        ignore(object.key.ends_with('/') ? Ignored::FolderMarker : Ignored::UnknownFile, object.key, found);
    }
    std::move(page.folders.begin(), page.folders.end(), std::back_inserter(folders));
    request.continuation = page.next;
  } while (!request.continuation.empty());
  return folders;
}

std::vector<Discover::Entity> Discover::find_entities(const std::vector<std::string>& tables,
                                                      Discovered& found) {
  std::map<std::string, std::string> by_lower;
  for (const auto& table : tables) by_lower.emplace(lower(table), table);
  std::map<std::string, Entity> entities;
  for (const auto& schema : folders_below("", found)) {
    for (const auto& folder : folders_below(schema, found)) {
      const auto name = last_part(folder);
      if (is_control_table(name)) {
        ignore(Ignored::ControlTable, folder, found);
        continue;
      }
      const auto table = by_lower.find(lower(name));
      if (table == by_lower.end()) {
        ignore(Ignored::FolderWithoutTable, folder, found);
        continue;
      }
      Entity entity;
      entity.table = table->second;
      entity.schema = last_part(schema);
      entity.prefix = folder;
      const auto [other, fresh] = entities.emplace(table->second, std::move(entity));
      if (!fresh) {
        throw Error::configuration(
            fmt::format("two folders claim the table {}: {} and {}", table->second,
                        source_.full_key(other->second.prefix), source_.full_key(folder)),
            "Keep one, or set bucket_path so that only one of them lies below it.")
            .at(Step::Discover);
      }
    }
  }
  std::vector<Entity> list;
  list.reserve(entities.size());
  for (auto& [name, entity] : entities) list.push_back(std::move(entity));
  return list;
}

// A page of an entity's keys: names are read, what the ledger has is taken off, the rest is due or holds.
void Discover::take(Entity& entity, std::vector<ObjectInfo> page, Discovered& found) {
  std::vector<FoundDelivery> candidates;
  std::vector<std::string> keys;
  for (auto& object : page) {
    const auto name = parse_object_name(std::string_view(object.key).substr(entity.prefix.size()));
    FoundDelivery delivery;
    if (const auto* load = std::get_if<LoadName>(&name)) {
      delivery.load_counter = load->counter;
    } else if (const auto* change = std::get_if<ChangeName>(&name)) {
      delivery.kind = DeliveryKind::Change;
      delivery.name_time = change->time;
    } else {
      ignore(std::holds_alternative<FolderMarker>(name) ? Ignored::FolderMarker : Ignored::UnknownFile,
             object.key, found);
      continue;
    }
    delivery.schema = entity.schema;
    delivery.entity = entity.table;
    keys.push_back(object.key);
    delivery.object = std::move(object);
    candidates.push_back(std::move(delivery));
  }
  if (candidates.empty()) return;
  const auto known = ledger_.find(keys);
  auto& backlog = found.backlog[entity.table];
  for (auto& delivery : candidates) {
    const auto& object = delivery.object;
    if (const auto entry = known.find(object.key); entry != known.end()) {
      if (entry->second.etag != object.etag) {
        hold(entity, object.key,
             fmt::format(
                 "it was loaded as delivery {} and has been written again since (ETag {} then, {} now)",
                 entry->second.delivery_id, shortened(entry->second.etag), shortened(object.etag)),
             found);
      }
      continue;
    }
    if (delivery.name_time && entity.cursor && *delivery.name_time < entity.cursor->newest) {
      hold(entity, object.key,
           fmt::format("it came late: {} is in already", shortened(entity.cursor->newest_key, 300)), found);
    }
    ++backlog.files;
    backlog.bytes += object.size;
    backlog.oldest = backlog.oldest ? std::min(*backlog.oldest, object.last_modified) : object.last_modified;
    entity.due.push_back(std::move(delivery));
    std::push_heap(entity.due.begin(), entity.due.end());
    if (entity.due.size() > options_.round_limit) {
      std::pop_heap(entity.due.begin(), entity.due.end());
      entity.due.pop_back();
      entity.cut = true;
    }
  }
}

void Discover::list_tree(Entity& entity, const std::string& prefix, const std::string& start_after,
                         Discovered& found) {
  ListRequest request{.prefix = prefix, .by_folder = false, .start_after = start_after, .continuation = {}};
  do {
    auto page = source_.list(request);
    take(entity, std::move(page.objects), found);
    request.continuation = page.next;
  } while (!request.continuation.empty());
}

// Date folders whose names don't sort by time (07/2022/15/, 2022/9/3/): level by level, without those that
// can hold nothing as new as `from`.
void Discover::walk_dates(Entity& entity, const std::string& prefix, const DateFolder& dates, Time from,
                          Discovered& found) {
  ListRequest request{.prefix = prefix, .by_folder = true, .start_after = {}, .continuation = {}};
  do {
    auto page = source_.list(request);
    take(entity, std::move(page.objects), found);
    for (const auto& folder : page.folders) {
      const auto latest = latest_in(std::string_view(folder).substr(entity.prefix.size()), dates);
      if (!latest) {
        list_tree(entity, folder, "", found);  // a partition of the full load
      } else if (*latest >= from) {
        walk_dates(entity, folder, dates, from, found);
      }
    }
    request.continuation = page.next;
  } while (!request.continuation.empty());
}

void Discover::list_entity(Entity& entity, bool full, Discovered& found) {
  found.backlog.try_emplace(entity.table);
  if (full || !entity.cursor) {
    list_tree(entity, entity.prefix, "", found);
    return;
  }
  // Digits sort before the L of LOAD, so what comes after the cursor is the new changes, then all LOADs.
  const auto& cursor = *entity.cursor;
  const Time from = std::max(cursor.newest - options_.look_back, cursor.look_back_to);
  const auto dates =
      date_folder_of(std::string_view(cursor.newest_key).substr(entity.prefix.size()), cursor.newest);
  if (!dates) {
    list_tree(entity, entity.prefix, entity.prefix + flat_name(from), found);
  } else if (dates->sorts_by_time()) {
    // DMS may put a change of midnight into the next day's folder, so a day more.
    auto folder = dates->name(from - std::chrono::hours(24));
    folder.pop_back();
    list_tree(entity, entity.prefix, entity.prefix + folder, found);
  } else {
    walk_dates(entity, entity.prefix, *dates, from - std::chrono::hours(24), found);
  }
}

Discovered Discover::round(const std::vector<std::string>& tables, bool full) {
  Discovered found;
  auto entities = find_entities(tables, found);
  auto cursors = ledger_.cursors(options_.look_back_files);
  std::vector<std::size_t> next(entities.size(), 0);
  for (auto& entity : entities) {
    if (const auto cursor = cursors.find(entity.table); cursor != cursors.end()) {
      // A moved folder (another case, another schema) has keys of its own: then everything is listed.
      if (cursor->second.newest_key.starts_with(entity.prefix)) entity.cursor = cursor->second;
    }
    list_entity(entity, full, found);
    std::sort(entity.due.begin(), entity.due.end());
    if (entity.held) entity.due.clear();
  }
  // Merge by time; where an entity was cut, the round ends with it: what follows there is not known yet.
  const auto when = [](const FoundDelivery& delivery) {
    return delivery.name_time.value_or(delivery.object.last_modified);
  };
  while (true) {
    std::size_t best = entities.size();
    for (std::size_t i = 0; i < entities.size(); ++i) {
      if (next[i] == entities[i].due.size()) {
        if (entities[i].cut && !entities[i].held) {
          found.more = true;
          return found;
        }
        continue;
      }
      const auto& candidate = entities[i].due[next[i]];
      if (best == entities.size()) {
        best = i;
        continue;
      }
      const auto& other = entities[best].due[next[best]];
      if (std::pair(when(candidate), std::cref(candidate.object.key).get()) <
          std::pair(when(other), std::cref(other.object.key).get())) {
        best = i;
      }
    }
    if (best == entities.size()) return found;
    // The full-load files of an entity are taken together: they can share a transaction.
    auto& entity = entities[best];
    do {
      found.due.push_back(std::move(entity.due[next[best]++]));
    } while (found.due.back().kind == DeliveryKind::FullLoad && next[best] < entity.due.size() &&
             entity.due[next[best]].kind == DeliveryKind::FullLoad);
  }
}

}  // namespace peo::source
