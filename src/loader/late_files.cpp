#include "loader/late_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/log.hpp"
#include "source/object_reader.hpp"

namespace peo::loader {
namespace {

// Files behind a late one that are looked up at a time.
constexpr std::size_t page = 500;

// A delivery that must be read again can't be. Thrown out of the transaction of the late file.
struct CantReadAgain {
  std::string why;
};

std::string sha256_of(source::Source& source, const ObjectInfo& object, const Cancellation& stop) {
  source::ObjectReader fetch(source, object, stop);
  std::array<char, std::size_t{64} * 1024> buffer{};
  while (fetch.read(buffer) != 0) {
    if (stop.requested()) throw Error::retry("stopped while looking into a file that was written again");
  }
  return fetch.sha256();
}

Delivery again(const Delivery& late, const LoadedObject& loaded) {
  Delivery delivery;
  delivery.object = loaded.object;
  delivery.schema = late.schema;
  delivery.entity = loaded.entity;
  delivery.tables = late.tables;
  if (loaded.entity != late.entity) {  // a transaction file, of which one table matters
    delivery.tables = std::make_shared<const std::vector<StreamTable>>(1, StreamTable{.table = late.entity});
  }
  delivery.kind = DeliveryKind::Change;
  delivery.name_time = loaded.name_time;
  return delivery;
}

}  // namespace

LateFileLoader::Taken LateFileLoader::take(std::span<const Delivery> due) {
  const auto& first = due.front();
  const auto asked_to = [&](Request::Verb verb) { return first.request && first.request->verb == verb; };
  if (asked_to(Request::Verb::Skip) && first.arrival != Arrival::Reload) {
    return skip(first, metrics::Policy::SkippedByOperator, first.request->reason);
  }
  switch (first.arrival) {
    case Arrival::Superseded:
      return skip(first, metrics::Policy::Superseded,
                  fmt::format("it is older than the full load that is in (generation {}), which holds its "
                              "effects",
                              first.generation));
    case Arrival::Reload: {
      const auto other = std::find_if(due.begin(), due.end(), [&](const auto& delivery) {
        return delivery.arrival != Arrival::Reload || delivery.entity != first.entity;
      });
      return reload(due.first(static_cast<std::size_t>(other - due.begin())));
    }
    case Arrival::Rewritten:
      return rewritten(first);
    case Arrival::Late:
      return late(first, asked_to(Request::Verb::Replay) ? "replayed" : "came late");
    case Arrival::InOrder:
      break;
  }
  return late(first, "replayed");
}

LateFileLoader::Taken LateFileLoader::skip(const Delivery& delivery, metrics::Policy policy,
                                           const std::string& reason) {
  const auto id = target_.record_not_loaded(delivery, target::NotLoaded::Skipped, reason);
  log_.policy_applied(delivery, policy, id,
                      fmt::format("{} is skipped: {}", source_.full_key(delivery.object.key), reason));
  return {.deliveries = 1};
}

void LateFileLoader::note(const Delivery& delivery) {
  target_.update_etag(delivery);
  log_.policy_applied(delivery, metrics::Policy::Noted, 0,
                      fmt::format("it was written again with the same bytes as delivery {}; nothing to do",
                                  delivery.previous_id));
}

bool LateFileLoader::same_bytes(const Delivery& delivery) const {
  return sha256_of(source_, delivery.object, stop_) == delivery.previous_sha256;
}

LateFileLoader::Taken LateFileLoader::rewritten(const Delivery& delivery) {
  if (same_bytes(delivery)) {
    note(delivery);
    return {.deliveries = 1};
  }
  return late(delivery,
              fmt::format("was loaded as delivery {} and has other bytes now", delivery.previous_id));
}

LateFileLoader::Taken LateFileLoader::late(const Delivery& delivery, const std::string& what) {
  if (!delivery.request && late_files_ == LateFiles::Hold) {
    return {.held = fmt::format("it {} (LATE_FILES=hold)", what)};
  }
  try {
    const auto reader = batches_.reader({&delivery, 1});
    batches_.load({&delivery, 1}, *reader, {target::Path::Staged, target::Format::Text},
                  [&](target::DeliveryLoad& load, const Delivery& late) { take_out_later(load, late); });
  } catch (const CantReadAgain& object) {
    return {.held = fmt::format("it {}, and {}", what, object.why)};
  } catch (const Error& error) {
    if (!quarantine_.takes(error)) throw;
    quarantine_.put(delivery, error);
    return {.deliveries = 1};
  }
  quarantine_.loaded();
  const auto policy = delivery.request                    ? metrics::Policy::Replayed
                      : delivery.arrival == Arrival::Late ? metrics::Policy::LateApplied
                                                          : metrics::Policy::RewrittenApplied;
  log_.policy_applied(delivery, policy, 0,
                      fmt::format("it {}: what later files say of its keys has been left as it is", what));
  return {.deliveries = 1};
}

// The ledger and the removals know effects only: a delete of an absent row, or an update that changed
// nothing, left no trace there. So the files themselves are read again.
void LateFileLoader::take_out_later(target::DeliveryLoad& load, const Delivery& delivery) const {
  // A late file of the full load stands before all changes.
  Position after;
  if (delivery.name_time) after = {*delivery.name_time, delivery.object.key};
  bool left = load.begin_newer();
  while (left) {
    const auto later = target_.loaded_after(delivery.entity, delivery.generation, after, page);
    if (later.empty()) return;
    std::vector<Delivery> files;
    files.reserve(later.size());
    for (const auto& object : later) files.push_back(again(delivery, object));
    const auto reader = batches_.reader(files);
    for (const auto& file : files) {
      try {
        while (const auto* batch = reader->next()) load.add_newer(*batch);
        reader->finish();
      } catch (const Error& error) {
        if (error.is_changed_object()) {
          throw CantReadAgain{fmt::format("{}, which comes after it, has changed or gone since it was loaded",
                                          source_.full_key(file.object.key))};
        }
        if (error.kind() != ErrorKind::BadDelivery) throw;
        throw CantReadAgain{fmt::format("{}, which comes after it, can't be read again: {}",
                                        source_.full_key(file.object.key), error.what())};
      }
      left = load.end_newer();
      if (!left) return;
      if (stop_.asked_for() > Cancellation::grace) throw Error::retry("stopped in the middle of a delivery");
    }
    after = {later.back().name_time, later.back().object.key};
  }
}

// One file of it stands for all. It comes last: until it is in the ledger, the request stays open.
LateFileLoader::Taken LateFileLoader::skip_reload(std::span<const Delivery> files, const Delivery& asked) {
  for (const auto& file : files) {
    if (file.object.key != asked.object.key)
      skip(file, metrics::Policy::SkippedByOperator, asked.request->reason);
  }
  skip(asked, metrics::Policy::SkippedByOperator, asked.request->reason);
  return {.deliveries = files.size()};
}

LateFileLoader::Taken LateFileLoader::reload(std::span<const Delivery> files) {
  const auto asked = std::ranges::find_if(
      files, [](const Delivery& file) { return file.request && file.request->verb == Request::Verb::Skip; });
  if (asked != files.end()) return skip_reload(files, *asked);
  const auto copied = [&](const Delivery& file) { return file.previous_sha256.empty() || same_bytes(file); };
  if (std::all_of(files.begin(), files.end(), copied)) {
    for (const auto& file : files) {
      if (!file.previous_sha256.empty()) note(file);
    }
    return {.deliveries = files.size()};
  }
  log::info("{}: its full load was written again ({} {}); what the table has and the files don't goes.",
            files.front().entity, files.size(), files.size() == 1 ? "file" : "files");
  target::Way way{target::Path::Staged, target::Format::Binary};
  while (true) {
    try {
      const auto reader = batches_.reader(files);
      batches_.load(files, *reader, way);
      break;
    } catch (const target::TryAnotherWay& other) {
      way = other.way;
    }
  }
  log_.policy_applied(
      files.front(), metrics::Policy::Reloaded, 0,
      fmt::format("{} is in generation {} of its full load; changes named after it are due again",
                  files.front().entity, files.front().generation));
  return {.deliveries = files.size()};
}

}  // namespace peo::loader
