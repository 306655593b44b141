#include "source/due_files.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/utc_time.hpp"
#include "source/object_name.hpp"

namespace peo::source {
namespace {

// The common beginning of LOADs that share a counter: "dbo/orders/p1/", "dbo/orders/SEGMENT2_".
std::string series_of(const std::string& key) { return key.substr(0, key.rfind("LOAD")); }

}  // namespace

Time moment_of(Time in_name, Time last_modified, const TimeZone* names_zone) {
  if (names_zone == nullptr) return in_name;
  const auto moments = names_zone->to_utc(in_name);
  return last_modified < moments.last ? moments.first : moments.last;
}

// DMS uploads a file as soon as it has closed it. One that was written more than an hour later was copied or
// delayed, so it may be of the first hour as well.
bool DueFiles::is_ambiguous(const Delivery& delivery) const {
  if (options_.names_zone == nullptr || delivery.request || delivery.tables) return false;
  const auto time = delivery.name_time.value();
  const auto moments = options_.names_zone->to_utc(options_.names_zone->to_local(time));
  return moments.repeats() && time == moments.last &&
         delivery.object.last_modified - moments.last >= moments.last - moments.first;
}

void DueFiles::take(std::vector<Delivery> page) {
  if (page.empty()) return;
  std::vector<std::string> keys;
  keys.reserve(page.size());
  for (const auto& delivery : page) keys.push_back(delivery.object.key);
  const auto known = ledger_.find(page.front().entity, keys);
  for (auto& delivery : page) {
    const auto found = known.find(delivery.object.key);
    const auto* entry = found == known.end() ? nullptr : &found->second;
    delivery.generation = state_.generation;
    delivery.revision = entry != nullptr && entry->generation == state_.generation ? entry->revision + 1 : 1;
    if (entry != nullptr) {
      delivery.previous_id = entry->delivery_id;
      delivery.previous_sha256 = entry->sha256;
      if (entry->loaded && entry->etag == delivery.object.etag) delivery.loaded_as = entry->delivery_id;
    }
    if (const auto request = requests_.find(delivery.object.key); request != requests_.end()) {
      if (!requested.insert(delivery.object.key).second) continue;  // listed twice
      delivery.request = request->second;
    }
    if (delivery.kind == DeliveryKind::Change) {
      classify(std::move(delivery), entry);
    } else {
      loads_.push_back({std::move(delivery), entry != nullptr ? std::optional(*entry) : std::nullopt});
      if (!loads_.back().entry || loads_.back().changed()) ++new_loads_;
    }
  }
}

void DueFiles::attach_manifest(const ObjectInfo& manifest) {
  const auto of_it = [&](const Delivery& delivery) {
    return stem_of(delivery.object.key) == stem_of(manifest.key);
  };
  for (auto& delivery : due) {
    if (of_it(delivery)) delivery.manifest = manifest;
  }
  for (auto& load : loads_) {
    if (of_it(load.delivery)) load.delivery.manifest = manifest;
  }
}

// A loaded file can't be skipped, unless rows of it were rejected: skipping it then gives those rows up.
bool DueFiles::rejects_request(const Delivery& delivery, const LedgerEntry* entry) {
  if (!delivery.request || delivery.request->verb != Request::Verb::Skip) return false;
  if (entry == nullptr || !entry->loaded || entry->rejected != 0 || entry->etag != delivery.object.etag)
    return false;
  rejected_requests[delivery.request->id] =
      fmt::format("not skipped: it is already loaded, as delivery {}", entry->delivery_id);
  return true;
}

void DueFiles::classify(Delivery delivery, const LedgerEntry* entry) {
  const auto time = delivery.name_time.value();
  if (is_credible(time, delivery.object.last_modified))
    latest_change_ = std::max(latest_change_.value_or(time), time);
  const bool superseded = state_.snapshot && time <= *state_.snapshot;
  const bool current = entry != nullptr && (entry->generation == state_.generation || superseded);
  const bool same = entry != nullptr && entry->etag == delivery.object.etag;
  if (rejects_request(delivery, entry) || (current && same && !delivery.request)) return;
  if (is_ambiguous(delivery)) {
    ++ambiguous_files_;
    if (!ambiguous || delivery < *ambiguous) ambiguous = std::move(delivery);
    return;
  }
  if (superseded) {
    delivery.arrival = Arrival::Superseded;
  } else if (current && !same && entry->loaded) {
    delivery.arrival = Arrival::Rewritten;
  } else if ((state_.newest && Position{time, delivery.object.key} < *state_.newest) || carried_after(time)) {
    delivery.arrival = Arrival::Late;
  }
  add(std::move(delivery));
}

void DueFiles::count_waiting(const ObjectInfo& object) {
  ++backlog.files;
  backlog.bytes += object.size;
  backlog.oldest = std::min(backlog.oldest.value_or(object.last_modified), object.last_modified);
}

void DueFiles::add(Delivery delivery) {
  count_waiting(delivery.object);
  due.push_back(std::move(delivery));
  std::push_heap(due.begin(), due.end());
  if (due.size() <= options_.round_limit) return;
  std::pop_heap(due.begin(), due.end());
  due.pop_back();
  cut = true;
}

void DueFiles::finish() {
  classify_loads();
  std::sort(due.begin(), due.end());
}

bool DueFiles::is_reload() const {
  return std::ranges::any_of(loads_,
                             [](const Load& load) { return load.changed() && load.entry->ever_loaded; });
}

bool DueFiles::is_full_before(const std::string& key) const {
  return cut && !due.empty() && due.front().object.key < key && !is_reload();
}

void DueFiles::classify_loads() {
  if (is_reload()) return reload();
  for (auto& load : loads_) {
    const auto* entry = load.entry ? &*load.entry : nullptr;
    if (rejects_request(load.delivery, entry) ||
        (entry != nullptr && !load.changed() && !load.delivery.request))
      continue;
    // If changes are loaded, its rows may be older than the table's.
    if (state_.newest || carried_after(state_.snapshot)) load.delivery.arrival = Arrival::Late;
    add(std::move(load.delivery));
  }
}

// Whether a transaction file with rows of the entity and a name later than `time` is loaded.
bool DueFiles::carried_after(std::optional<Time> time) const {
  return state_.newest_carried && (!time || *state_.newest_carried > *time);
}

// The files that were written together with the changed one are the new full load; the other files are left
// over from an earlier, bigger one. AWS DMS starts again at number 1, so a series that was rewritten from the
// middle on was not written by it.
void DueFiles::reload() {
  due.clear();
  cut = true;  // other due files are found once the reload is loaded
  std::sort(loads_.begin(), loads_.end(),
            [](const Load& a, const Load& b) { return a.delivery < b.delivery; });
  std::map<std::string, const Load*> left_out;  // by series: the first that was not written again
  Time latest{};
  std::optional<Time> oldest;
  std::string first_key;
  for (const auto& load : loads_) {
    const auto series = series_of(load.delivery.object.key);
    if (!load.written()) {
      left_out.emplace(series, &load);
      continue;
    }
    if (left_out.contains(series) && !held) {
      held = {
          load.delivery.object.key,
          fmt::format("it was loaded as delivery {} and has been rewritten, but files before it have not, so "
                      "this is not a new full load by AWS DMS",
                      load.delivery.previous_id)};
    }
    const auto written = load.delivery.object.last_modified;
    latest = std::max(latest, written);
    oldest = std::min(oldest.value_or(written), written);
    if (written == *oldest) first_key = load.delivery.object.key;
  }
  if (!held && carried_after(oldest)) {
    held = {
        first_key,
        "its full load was rewritten, and a later transaction file with rows of the table is already loaded; "
        "the full load would undo its changes. Reload the table in AWS DMS once more: the transaction files "
        "wait meanwhile"};
  }
  const auto skipped = [](const Load& load) {
    const auto& request = load.delivery.request;
    return load.written() && request && request->verb == Request::Verb::Skip;
  };
  const bool skip = std::any_of(loads_.begin(), loads_.end(), skipped);
  if (skip) held.reset();
  if (held) return;
  const bool settled = options_.now - latest >= options_.reload_settle || latest_change_ > latest;
  if (!settled) {
    waiting = fmt::format(
        "its full load is being rewritten; the newest file is of {}. It is loaded once no file of it has "
        "been "
        "written for RELOAD_SETTLE",
        utc_time_text(latest));
  }
  for (auto& load : loads_) {
    if (!load.written()) continue;
    load.delivery.arrival = Arrival::Reload;
    // A skipped reload starts no new generation.
    if (!skip) {
      load.delivery.generation = state_.generation + 1;
      load.delivery.revision = 1;
    }
    if (!load.changed()) load.delivery.previous_sha256.clear();  // only a changed ETag needs a comparison
    count_waiting(load.delivery.object);
    due.push_back(std::move(load.delivery));  // all of them, whatever the limit: they are loaded together
  }
  if (waiting) due.clear();
}

}  // namespace peo::source
