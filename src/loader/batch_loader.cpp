#include "loader/batch_loader.hpp"

#include <algorithm>
#include <chrono>

#include "base/log.hpp"

namespace peo::loader {

using std::chrono::steady_clock;
using target::FallBack;
using target::LoadMethod;

LoadMethod next_method(LoadMethod failed, FallBack::Reason reason) {
  const bool direct_binary = is_direct(failed) && failed != LoadMethod::DirectText;
  // StagedRows is the last one: the server parses all values, and bad rows are found one by one.
  if (reason == FallBack::Reason::BadRow && failed != LoadMethod::StagedRows) return LoadMethod::StagedRows;
  const bool staged_file =
      failed == LoadMethod::Compacted || failed == LoadMethod::Staged || failed == LoadMethod::StagedText;
  if (reason == FallBack::Reason::UniqueAcrossFiles && staged_file) return LoadMethod::StagedTogether;
  if (is_direct(failed) || failed == LoadMethod::Compacted || failed == LoadMethod::Staged) {
    switch (reason) {
      case FallBack::Reason::ValueNotEncoded:
        return direct_binary ? LoadMethod::DirectText : LoadMethod::StagedText;
      case FallBack::Reason::NewColumnsInParallel:
        if (failed == LoadMethod::Direct) return LoadMethod::DirectAlone;
        if (failed == LoadMethod::DirectText) return LoadMethod::StagedText;
        break;
      case FallBack::Reason::RowsPresent:
      case FallBack::Reason::NewColumns:
        // Text stays text: a value that only the server can parse can't be encoded for a staging table
        // either.
        if (is_direct(failed)) return direct_binary ? LoadMethod::Compacted : LoadMethod::StagedText;
        break;
      case FallBack::Reason::NotCompactable:
        if (failed == LoadMethod::Compacted) return LoadMethod::Staged;
        break;
      case FallBack::Reason::UniqueAcrossFiles:
      case FallBack::Reason::BadRow:
        break;
    }
  }
  throw Error::internal(fmt::format("there is no load method after {} for reason {}",
                                    static_cast<int>(failed), static_cast<int>(reason)));
}

std::unique_ptr<ParseAhead> BatchLoader::reader(std::span<const Delivery> deliveries) const {
  return std::make_unique<ParseAhead>(
      source_, std::vector(deliveries.begin(), deliveries.end()),
      [this](const std::string& table) { return loads_.columns(table); }, read_, stop_);
}

std::size_t BatchLoader::load(DeliveryQueue& queue, std::size_t count, LoadMethod method,
                              const BeforeCommit& before_commit) {
  const bool reload = queue.rest().front().arrival == Arrival::Reload;
  std::size_t loaded = 0;
  do {
    const auto& first = queue.rest().front();
    // A reload stays together with every method: rows that are in none of its files are removed after the
    // last one.
    const auto group = is_direct(method) || reload ? count : 1;
    try {
      load_together(queue, group, method, before_commit);
      loaded += group;
      count -= group;
    } catch (const FallBack& fall_back) {
      // The method stays for the rest: each of the files would fail for the same reason.
      method = next_method(method, fall_back.reason);
      if (!reload)
        log::info(
            LogFields{.entity = first.entity},
            "{}: a faster load method can't be used: {}. The files are read again and loaded with a more "
            "general one.",
            first.entity, fall_back.why);
      queue.read_again();
    } catch (const Error& error) {
      // Without some of its files, a reload would remove their rows.
      if (reload || !quarantine_.accepts(error)) throw;
      queue.read_again();
      if (group == 1) {
        quarantine_.put(first, error);
        queue.pop(1);
        --count;
      } else {
        method = LoadMethod::Compacted;  // one of them is bad; loaded one by one, the others succeed
      }
    }
  } while (count != 0 && !stop_.requested());
  return loaded;
}

void BatchLoader::load_together(DeliveryQueue& queue, std::size_t count, LoadMethod method,
                                const BeforeCommit& before_commit) {
  const auto began = steady_clock::now();
  const auto group = queue.rest().first(count);
  Place place;
  const auto* current = &group.front();
  std::vector<LoadResult> results;
  try {
    // Before the commit can begin: if the connection is lost, these are looked up in the ledger.
    unconfirmed_.assign(group.begin(), group.end());
    const OnFile on_file = [&](const auto& delivery, auto id) {
      liveness_.touch();
      current = &delivery;
      // The number is only certain once the delivery is recorded: after a dry run, others may get it.
      place = {.delivery = log_.persists() ? id : 0, .object_key = source_.full_key(delivery.object.key)};
      log_.started(delivery, id);
    };
    results = load_delivery(group, queue.reader(), loads_, method, stop_, {on_file, before_commit});
    unconfirmed_.clear();
  } catch (Error& error) {
    error.at(place);
    if (error.kind() == ErrorKind::BadDelivery) {
      error.advise(fmt::format(
          "To go on without the file, run paper-engine-orders skip {} --reason WHY, or set BAD_ROWS to leave "
          "out what can't be loaded; replay loads it later.",
          current->object.key));
    }
    log_.failed(*current, error);
    throw;
  }
  queue.pop(count);
  // Files that were read ahead were parsed without the columns that were added to the table.
  if (std::ranges::any_of(results, [](const auto& one) { return !one.outcome.added_columns.empty(); }))
    queue.read_again();
  quarantine_.loaded(group.front().entity);
  on_commit_({group, results, began});
}

bool BatchLoader::is_small(const Delivery& delivery) const {
  // Only change files of one table that are loaded for the first time: the pipeline has one statement for
  // them.
  constexpr auto small_object = std::uint64_t{32} * 1024;  // bytes; about a thousand rows
  // Files of a table are similar. Each file that turns out not to fit makes everything that was read ahead be
  // read again.
  const auto too_big = too_many_rows_from_.find(delivery.entity);
  if (too_big != too_many_rows_from_.end() && delivery.object.size >= too_big->second) return false;
  return delivery.kind == DeliveryKind::Change && !delivery.tables && delivery.revision == 1 &&
         delivery.object.size <= small_object && loads_.can_pipeline(delivery.entity);
}

bool BatchLoader::load_pipelined(DeliveryQueue& queue) {
  constexpr std::size_t most_rows = 1000;
  const auto began = steady_clock::now();
  const auto due = queue.rest();
  const auto pipeline = loads_.begin_pipelined();
  target::PipelinedLoads::Result sent;
  std::vector<LoadResult> results;
  bool fits = true;
  unconfirmed_.clear();
  try {
    for (const auto& delivery : due) {
      if (!is_small(delivery) || pipeline->full() || stop_.requested()) break;
      liveness_.touch();
      try {
        // A small object may contain many rows, because it is compressed: only files that fit in one batch.
        const auto* batch = queue.reader().next();
        bool few_rows = batch == nullptr || batch->rows.size() <= most_rows;
        const bool taken = few_rows && pipeline->take(delivery, batch);
        few_rows = few_rows && (!taken || batch == nullptr || queue.reader().next() == nullptr);
        if (!few_rows) too_many_rows_from_[delivery.entity] = delivery.object.size;
        fits = taken && few_rows;
      } catch (const Error&) {
        fits = false;  // commit those before it first; reading it again on its own then reports the error
      }
      if (!fits) break;
      log_.started(delivery, loads_.next_delivery_id() + results.size());
      unconfirmed_.push_back(delivery);
      results.push_back({.facts = queue.reader().finish(), .outcome = {}});
      pipeline->send(results.back().facts);
    }
    sent = pipeline->commit();
    unconfirmed_.clear();
  } catch (Error& error) {
    error.at(Step::Apply);
    throw;
  }
  const auto count = sent.outcomes.size();
  if (sent.failed) log::debug("A small delivery is loaded again on its own: {}", sent.failed->describe());
  queue.pop(count);
  // The reader has moved past a delivery that isn't loaded.
  if (!fits || count < results.size()) queue.read_again();
  // Waiting for the lock again on its own would only take longer.
  const bool locked = sent.failed && sent.failed->sqlstate() == "55P03";
  // The next delivery is then one that failed or wasn't committed, not the one that ended the loop.
  if (count < results.size()) fits = !sent.failed;
  const auto throw_if_locked = [&] {
    if (!locked) return;
    throw Error(*sent.failed)
        .at({.step = Step::Apply, .object_key = source_.full_key(queue.rest().front().object.key)});
  };
  if (count == 0) {
    throw_if_locked();
    return fits;
  }
  results.resize(count);
  for (std::size_t i = 0; i < count; ++i) results[i].outcome = std::move(sent.outcomes[i]);
  for (const auto& delivery : due.first(count)) quarantine_.loaded(delivery.entity);
  on_commit_({due.first(count), results, began});
  throw_if_locked();
  return fits;
}

// The reply to a COMMIT was lost: only the ledger knows whether it went through.
void BatchLoader::resolve_unconfirmed() {
  while (!unconfirmed_.empty()) {
    const auto delivery = unconfirmed_.front();
    const auto began = steady_clock::now();
    auto outcome = loads_.find_committed(delivery);
    unconfirmed_.erase(unconfirmed_.begin());
    if (!outcome) continue;  // rolled back: discover finds it again
    log::info(LogFields{.delivery = outcome->delivery_id},
              "Delivery {}: it was committed before the connection was lost.", outcome->delivery_id);
    LoadResult loaded;
    loaded.facts.rows = outcome->rows_read;
    loaded.facts.fetched_bytes = delivery.object.size;
    loaded.outcome = std::move(*outcome);
    on_commit_({{&delivery, 1}, {&loaded, 1}, began});
  }
}

}  // namespace peo::loader
