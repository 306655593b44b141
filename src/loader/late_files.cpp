#include "loader/late_files.hpp"

#include <fmt/format.h>

#include <array>

#include "base/error.hpp"
#include "source/object_reader.hpp"

namespace peo::loader {
namespace {

// Newer files per query of the ledger: bounds the memory, however late the file is.
constexpr std::size_t page = 500;

// A newer delivery can't be read again. Thrown through load_delivery(), so that the late file's transaction
// is rolled back.
struct CantReadAgain {
  std::string why;
};

Delivery again(const Delivery& late, const LoadedObject& loaded) {
  Delivery delivery;
  delivery.object = loaded.object;
  delivery.schema = late.schema;
  delivery.entity = loaded.entity;
  delivery.tables = late.tables;
  if (loaded.entity != late.entity) {  // a transaction file, of which only one table matters
    // Its rows have the names of the late file's prefix.
    delivery.tables = std::make_shared<const std::vector<StreamTable>>(
        1, StreamTable{.table = late.entity, .source = source_of(late)});
  }
  delivery.kind = DeliveryKind::Change;
  delivery.name_time = loaded.name_time;
  delivery.loaded_as = loaded.delivery_id;
  return delivery;
}

}  // namespace

std::optional<std::string> LateFileLoader::load(const Delivery& delivery) {
  if (delivery.request && delivery.request->verb == Request::Verb::Skip) {
    skip(delivery, metrics::Policy::SkippedByOperator, delivery.request->reason);
    return std::nullopt;
  }
  // Recorded anyway: every full listing would find an unrecorded file again.
  if (delivery.arrival == Arrival::Superseded) {
    skip(delivery, metrics::Policy::Superseded,
         fmt::format("it is older than the current full load (generation {}), which includes its changes",
                     delivery.generation));
    return std::nullopt;
  }
  if (delivery.arrival == Arrival::Rewritten) {
    if (!same_bytes(delivery)) {
      return apply(delivery,
                   fmt::format("was rewritten after it was loaded as delivery {}", delivery.previous_id));
    }
    note_same_bytes(delivery);
    return std::nullopt;
  }
  return apply(delivery, delivery.request ? "was replayed" : "arrived late");
}

void LateFileLoader::skip(const Delivery& delivery, metrics::Policy policy, const std::string& reason) {
  const auto id = ledger_.record_not_loaded(delivery, target::NotLoaded::Skipped, reason);
  log_.policy_applied(delivery, policy, id,
                      fmt::format("{} is skipped: {}", source_.full_key(delivery.object.key), reason));
}

void LateFileLoader::note_same_bytes(const Delivery& delivery) {
  ledger_.update_etag(delivery);
  log_.policy_applied(delivery, metrics::Policy::Noted, 0,
                      fmt::format("it was rewritten with the same content as delivery {}; nothing to do",
                                  delivery.previous_id));
}

// The ETag isn't enough: a copied or re-encrypted bucket has other ETags for the same bytes. Reading the file
// costs less than applying it, and takes no lock.
bool LateFileLoader::same_bytes(const Delivery& delivery) const {
  source::ObjectReader reader(source_, delivery.object, stop_);
  std::array<char, std::size_t{64} * 1024> buffer{};
  while (reader.read(buffer) != 0) {
    if (stop_.requested()) throw Error::retry("stopped while reading a rewritten file");
  }
  return reader.sha256() == delivery.previous_sha256;
}

std::optional<std::string> LateFileLoader::apply(const Delivery& delivery, const std::string& what) {
  // The policy doesn't apply to an operator's request: the operator has decided already.
  if (!delivery.request && late_files_ == LateFiles::Hold)
    return fmt::format("it {} (LATE_FILES=hold)", what);
  try {
    auto queue = batches_.queue({&delivery, 1});
    // The only method that never falls back: others might read all newer files twice.
    const auto loaded =
        batches_.load(queue, 1, target::LoadMethod::StagedText,
                      [&](target::DeliveryLoad& load, const Delivery& late) { add_newer(load, late); });
    if (loaded == 0) return std::nullopt;  // quarantined
  } catch (const CantReadAgain& object) {
    // Without the newer file, it is unknown which keys of the late one are outdated.
    return fmt::format("it {}, and {}", what, object.why);
  }
  const auto policy = delivery.request                    ? metrics::Policy::Replayed
                      : delivery.arrival == Arrival::Late ? metrics::Policy::LateApplied
                                                          : metrics::Policy::RewrittenApplied;
  log_.policy_applied(delivery, policy, 0,
                      fmt::format("it {}; keys that later files changed keep those changes", what));
  return std::nullopt;
}

// The ledger and loader_removals record effects only: a delete of an absent row, or an update that changed
// nothing, leaves no trace there. So the newer files themselves are read again.
void LateFileLoader::add_newer(target::DeliveryLoad& load, const Delivery& delivery) const {
  // A late full-load file has no time in its name, and precedes all changes.
  Position after;
  if (delivery.name_time) after = {*delivery.name_time, delivery.object.key};
  bool left = load.begin_newer();
  while (left) {
    const auto newer = ledger_.loaded_after(delivery.entity, delivery.generation, after, page);
    if (newer.empty()) return;
    std::vector<Delivery> files;
    files.reserve(newer.size());
    for (const auto& object : newer) files.push_back(again(delivery, object));
    const auto reader = batches_.reader(files);
    for (const auto& file : files) {
      try {
        while (const auto* batch = reader->next()) load.add_newer(*batch);
        reader->finish();
      } catch (const Error& error) {
        if (error.is_changed_object()) {
          throw CantReadAgain{fmt::format("{}, which follows it, was changed or deleted after it was loaded",
                                          source_.full_key(file.object.key))};
        }
        if (error.kind() != ErrorKind::BadDelivery) throw;
        throw CantReadAgain{fmt::format("{}, which follows it, can't be read again: {}",
                                        source_.full_key(file.object.key), error.without_values())};
      }
      // If all rows of the late file are outdated, no further file matters.
      left = load.end_newer();
      if (!left) return;
      if (stop_.asked_for() > Cancellation::grace) throw Error::retry("stopped in the middle of a delivery");
    }
    after = {newer.back().name_time, newer.back().object.key};
  }
}

}  // namespace peo::loader
