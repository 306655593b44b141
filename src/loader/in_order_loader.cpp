#include "loader/in_order_loader.hpp"

#include <chrono>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "base/log.hpp"

namespace peo::loader {

using std::chrono::steady_clock;

namespace {

// How many full-load files of one entity stand in a row.
std::size_t full_loads_at(std::span<const Delivery> due, std::size_t first) {
  std::size_t end = first;
  while (end < due.size() && due[end].kind == DeliveryKind::FullLoad && due[end].entity == due[first].entity)
    ++end;
  return end - first;
}

// How many of them one transaction takes: at least one.
std::size_t within(std::span<const Delivery> files, std::uint64_t bytes) {
  std::size_t end = 0;
  for (std::uint64_t sum = 0; end < files.size(); ++end) {
    sum += files[end].object.size;
    if (end != 0 && sum > bytes) break;
  }
  return end;
}

}  // namespace

void InOrderLoader::load(std::span<const Delivery> due) {
  const auto reader_from = [&](std::size_t first) { return batches_.reader(due.subspan(first)); };
  if (due.empty()) return;
  auto reader = reader_from(0);
  std::optional<target::Way>
      again;  // the way for the deliveries before `again_until`, after another has failed
  std::size_t again_until = 0;
  for (std::size_t i = 0; i < due.size() && !stop_.requested();) {
    if (i >= again_until) again.reset();
    if (!again && is_small(due[i])) {
      const auto done = load_small(due.subspan(i), *reader);
      i += done.loaded;
      if (!done.reader_moved) continue;
      reader = reader_from(i);
      if (!done.other_way) continue;
      again = target::Way{target::Path::Staged, target::Format::Text};
      again_until = i + 1;
    }
    const bool full_load = due[i].kind == DeliveryKind::FullLoad;
    auto way = again.value_or(target::Way{full_load ? target::Path::Direct : target::Path::Staged, {}});
    const bool together = full_load && way.path == target::Path::Direct;
    const auto in_a_row = together ? full_loads_at(due, i) : 1;
    const auto group = due.subspan(i, together ? within(due.subspan(i, in_a_row), transaction_bytes_) : 1);
    way.more_follow = group.size() < in_a_row;
    try {
      const bool got_columns = batches_.load(group, *reader, way);
      quarantine_.loaded();
      i += group.size();
      // What was read ahead doesn't know them.
      if (got_columns) reader = reader_from(i);
    } catch (const Error& error) {
      if (!quarantine_.takes(error)) throw;
      reader.reset();
      if (group.size() == 1) {
        quarantine_.put(group.front(), error);
        ++i;
      } else {  // one of them; the others go in without it
        again = target::Way{target::Path::Staged, target::Format::Binary};
        again_until = std::max(again_until, i + group.size());
      }
      reader = reader_from(i);
    } catch (const target::TryAnotherWay& other) {
      log::info("{} is loaded another way: {}.", group.front().entity, other.why);
      again = other.way;
      again_until = std::max(again_until, i + group.size());
      reader = reader_from(i);
    }
  }
}

bool InOrderLoader::is_small(const Delivery& delivery) const {
  constexpr auto small_object = std::uint64_t{32} * 1024;  // bytes; about a thousand rows
  return delivery.kind == DeliveryKind::Change && !delivery.tables && delivery.revision == 1 &&
         delivery.object.size <= small_object && target_.can_pipeline(delivery.entity);
}

// A backlog of small deliveries: many under way at a time, several in a transaction. Where one turns out not
// to be small, or fails by itself, it is loaded again the ordinary way, which also tells exactly what is
// wrong with it.
InOrderLoader::SmallDone InOrderLoader::load_small(std::span<const Delivery> due, ParseAhead& reader) {
  constexpr std::size_t most_rows = 1000;
  const auto began = steady_clock::now();
  SmallDone done;
  std::vector<LoadResult> loaded;
  batches_.unconfirmed.clear();
  const auto small = target_.begin_pipelined();
  try {
    for (std::size_t i = 0; i < due.size() && is_small(due[i]) && !small->full() && !stop_.requested(); ++i) {
      tick_();
      try {
        const auto* batch = reader.next();
        const bool fits = (batch == nullptr || batch->rows.size() <= most_rows) && small->take(due[i], batch);
        if (!fits || (batch != nullptr && reader.next() != nullptr)) {
          done.reader_moved = done.other_way = true;
          break;
        }
      } catch (const Error&) {
        // The file's own fault, or the source's: those before it go in first, then it is met again.
        done.reader_moved = done.other_way = true;
        break;
      }
      log_.started(due[i], target_.next_delivery_id() + i);
      batches_.unconfirmed.push_back(due[i]);
      loaded.push_back({.facts = reader.finish(), .outcome = {}});
      small->send(loaded.back().facts);
    }
    const auto result = small->commit();
    batches_.unconfirmed.clear();
    done.loaded = result.outcomes.size();
    if (done.loaded != 0) quarantine_.loaded();
    if (done.loaded < loaded.size()) {  // before what was met above
      done.reader_moved = true;
      done.other_way = result.failed.has_value();
    }
    if (result.failed)
      log::debug("A small delivery is loaded again by itself: {}", result.failed->describe());
    for (std::size_t i = 0; i < done.loaded; ++i) loaded[i].outcome = result.outcomes[i];
  } catch (Error& error) {
    error.at(Step::Apply);
    throw;
  }
  loaded.resize(done.loaded);
  log_.loaded(due.first(done.loaded), loaded, began);
  return done;
}

}  // namespace peo::loader
