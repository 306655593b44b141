#include "loader/loader.hpp"

#include <fmt/chrono.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

#include "base/log.hpp"

namespace peo::loader {

using std::chrono::steady_clock;

namespace {

metrics::IgnoredObject metric_of(source::Ignored reason) {
  switch (reason) {
    case source::Ignored::ControlTable:
      return metrics::IgnoredObject::ControlTable;
    case source::Ignored::FolderWithoutTable:
      return metrics::IgnoredObject::FolderWithoutTable;
    case source::Ignored::FolderMarker:
      return metrics::IgnoredObject::FolderMarker;
    case source::Ignored::UnknownFile:
      break;
  }
  return metrics::IgnoredObject::UnknownFile;
}

// How many full-load files of one entity stand in a row.
std::size_t full_loads_at(const std::vector<FoundDelivery>& due, std::size_t first) {
  std::size_t end = first;
  while (end < due.size() && due[end].kind == DeliveryKind::FullLoad && due[end].entity == due[first].entity)
    ++end;
  return end - first;
}

}  // namespace

Loader::Loader(source::Source& source, target::Target& target, notifier::Notifier& notifier,
               metrics::Metrics& metrics, const Stop& stop, LoaderOptions options)
    : source_(source),
      target_(target),
      metrics_(metrics),
      stop_(stop),
      options_(options),
      discover_(source, target, options.discover),
      outbox_(target, notifier, metrics),
      backoff_(stop, options.service ? std::nullopt : std::optional(options.retry_time)),
      random_(std::random_device{}()) {
  if (!target_.persists()) options_.service = false;
  tick();
}

ExitCode Loader::run() {
  while (!stop_.requested()) {
    try {
      const bool more = work();
      backoff_.recovered();
      if (more) continue;
      if (!options_.service) break;
    } catch (const Error& error) {
      if (stop_.requested()) break;
      metrics_.count_error(error.place().step, error.kind());
      if (error.kind() != ErrorKind::Retry) return failed(error);
      metrics_.count_retry(error.place().step == Step::Fetch ? metrics::Peer::Source : metrics::Peer::Target);
      ready_ = false;
      open_ = open_ && target_.connected();
      if (backoff_.wait(error) || stop_.requested()) continue;
      return failed(error);
    }
    std::uniform_int_distribution<std::chrono::nanoseconds::rep> spread(options_.min_sleep.count(),
                                                                        options_.max_sleep.count());
    tick();
    stop_.sleep_for(std::chrono::nanoseconds(spread(random_)));
  }
  return finish();
}

bool Loader::work() {
  tick();
  if (!open_) open();
  const bool more = round();
  if (options_.notifications) outbox_.publish_waiting(false);
  return more && !stop_.requested();
}

// The bucket is looked at before the target is touched: with a wrong secret or bucket name the target stays
// as it is.
void Loader::open() {
  if (!source_seen_) {
    try {
      source_.list({.prefix = "", .by_folder = true, .start_after = {}, .continuation = {}});
    } catch (Error& error) {
      error.at(Step::Discover);
      throw;
    }
    source_seen_ = true;
  }
  try {
    target_.open();
    if (target_.tables().empty()) {
      throw Error::configuration(
          "the target has no entity table: none with a primary key and the columns event_id and delivery_id "
          "(bigint)",
          "Create the tables, or let ENTITIES name a folder with their SQL.");
    }
    while (!in_doubt_.empty()) {
      const auto delivery = in_doubt_.front();
      take_up(delivery);
    }
    if (options_.notifications) outbox_.begin();
  } catch (Error& error) {
    error.at(Step::Apply);
    throw;
  }
  for (const auto& table : target_.tables()) metrics_.declare_entity(table);
  if (!target_.persists()) totals_.clear();  // a dry run that lost its connection predicts from the beginning
  open_ = true;
}

// Step 1, then the rest for each delivery that is due.
bool Loader::round() {
  const auto began = steady_clock::now();
  const auto last = target_.last_full_listing();
  const bool full = !last || (options_.full_listing_interval.count() > 0 &&
                              std::chrono::system_clock::now() - *last >= options_.full_listing_interval);
  source::Discovered found;
  try {
    found = discover_.round(target_.tables(), full);
  } catch (Error& error) {
    error.at(Step::Discover);
    throw;
  }
  if (full) target_.full_listing_done();
  metrics_.add_step_seconds(Step::Discover,
                            std::chrono::duration<double>(steady_clock::now() - began).count());
  show_backlog(found);
  say_held(found.held);
  ready_ = true;
  load_all(found.due);
  if (found.due.empty()) metrics_.round_done();
  return !found.due.empty();
}

void Loader::load_all(const std::vector<FoundDelivery>& due) {
  const auto reader_from = [&](std::size_t first) {
    const auto from = due.begin() + static_cast<std::ptrdiff_t>(first);
    return std::make_unique<ReadAhead>(
        source_, std::vector(from, due.end()),
        [this](const std::string& table) { return target_.columns(table); }, options_.read, stop_);
  };
  if (due.empty()) return;
  auto reader = reader_from(0);
  std::optional<target::Way>
      again;  // the way for the deliveries before `again_until`, after another has failed
  std::size_t again_until = 0;
  for (std::size_t i = 0; i < due.size() && !stop_.requested();) {
    if (i >= again_until) again.reset();
    if (!again && is_small(due[i])) {
      const auto done = load_small(std::span(due).subspan(i), *reader);
      i += done.loaded;
      if (!done.reader_moved) continue;
      reader = reader_from(i);
      again = target::Way{target::Path::Staged, target::Format::Text};
      again_until = i + 1;
    }
    const bool full_load = due[i].kind == DeliveryKind::FullLoad;
    const auto way = again.value_or(target::Way{full_load ? target::Path::Direct : target::Path::Staged, {}});
    const bool together = full_load && way.path == target::Path::Direct;
    const auto group = std::span(due).subspan(i, together ? full_loads_at(due, i) : 1);
    try {
      load_group(group, *reader, way);
      i += group.size();
    } catch (const target::TryAnotherWay& other) {
      log::info("{} is loaded another way: {}.", group.front().entity, other.why);
      again = other.way;
      again_until = std::max(again_until, i + group.size());
      reader = reader_from(i);
    }
  }
}

bool Loader::is_small(const FoundDelivery& delivery) const {
  constexpr auto small_object = std::uint64_t{32} * 1024;  // bytes; about a thousand rows
  return delivery.kind == DeliveryKind::Change && delivery.object.size <= small_object &&
         target_.takes_small(delivery.entity);
}

// A backlog of small deliveries: many under way at a time, each for itself. Where one turns out not to be
// small, or fails, it is loaded again the ordinary way, which also tells exactly what is wrong with it.
Loader::SmallDone Loader::load_small(std::span<const FoundDelivery> due, ReadAhead& reader) {
  constexpr std::size_t most_rows = 1000;
  const auto began = steady_clock::now();
  SmallDone done;
  std::vector<Loaded> loaded;
  in_doubt_.clear();
  tick();
  const auto small = target_.begin_small();
  try {
    for (std::size_t i = 0; i < due.size() && is_small(due[i]) && !small->full() && !stop_.requested(); ++i) {
      const Place place{.delivery = target_.next_delivery_id() + i,
                        .object_key = source_.full_key(due[i].object.key)};
      try {
        const auto* batch = reader.next();
        const bool fits = (batch == nullptr || batch->rows.size() <= most_rows) && small->take(due[i], batch);
        if (!fits || (batch != nullptr && reader.next() != nullptr)) {
          done.reader_moved = true;
          break;
        }
      } catch (const Error&) {
        // The file's own fault, or the source's: those before it go in first, then it is met again.
        done.reader_moved = true;
        break;
      }
      log::info("Delivery {}: process_{} {}.", place.delivery, due[i].schema, place.object_key);
      in_doubt_.push_back(due[i]);
      loaded.push_back({.facts = reader.finish(), .outcome = {}});
      small->send(loaded.back().facts);
    }
    const auto result = small->commit();
    in_doubt_.clear();
    done.loaded = result.outcomes.size();
    if (result.failed) done.reader_moved = true;
    if (result.failed)
      log::debug("A small delivery is loaded again by itself: {}", result.failed->describe());
    for (std::size_t i = 0; i < done.loaded; ++i) loaded[i].outcome = result.outcomes[i];
  } catch (Error& error) {
    error.at(Step::Apply);
    throw;
  }
  loaded.resize(done.loaded);
  finish_deliveries(due.first(done.loaded), loaded, began);
  return done;
}

void Loader::load_group(std::span<const FoundDelivery> group, ReadAhead& reader, target::Way way) {
  const auto began = steady_clock::now();
  Place place;
  const auto* in_work = &group.front();
  std::vector<Loaded> loaded;
  try {
    in_doubt_.assign(group.begin(), group.end());
    loaded = load_delivery(group, reader, target_, way, stop_, [&](const auto& delivery, auto id) {
      tick();
      in_work = &delivery;
      place = {.delivery = id, .object_key = source_.full_key(delivery.object.key)};
      log::info("Delivery {}: process_{} {}.", id, delivery.schema, place.object_key);
    });
    in_doubt_.clear();
  } catch (Error& error) {
    error.at(place);
    metrics_.delivery_not_loaded(
        in_work->entity, in_work->kind,
        error.kind() == ErrorKind::BadDelivery ? metrics::NotLoaded::Rejected : metrics::NotLoaded::Failed);
    throw;
  }
  finish_deliveries(group, loaded, began);
}

// After the commit: tell the log, the subscribers (step 7) and the operators. Deliveries that went in
// together share the time that they took.
void Loader::finish_deliveries(std::span<const FoundDelivery> deliveries, std::span<const Loaded> loaded,
                               steady_clock::time_point began) {
  if (deliveries.empty()) return;
  std::vector<Message> messages;
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    const auto& outcome = loaded[i].outcome;
    log::info("Delivery {}: {} {}.", outcome.delivery_id,
              target_.persists() ? "persisted" : "dry run, would persist", to_json(outcome.stats));
    if (outcome.message) messages.push_back(*outcome.message);
  }
  backoff_.recovered();
  std::exception_ptr lost;  // the connection, while messages were marked: the deliveries are in all the same
  try {
    if (options_.notifications && target_.persists()) outbox_.publish(messages);
  } catch (const Error&) {
    lost = std::current_exception();
  }
  const auto each = (steady_clock::now() - began) / deliveries.size();
  for (std::size_t i = 0; i < deliveries.size(); ++i) count_delivery(deliveries[i], loaded[i], each);
  if (lost) std::rethrow_exception(lost);
}

void Loader::count_delivery(const FoundDelivery& delivery, const Loaded& loaded,
                            steady_clock::duration elapsed) {
  const auto& outcome = loaded.outcome;
  auto& total = totals_[delivery.entity];
  ++total.deliveries;
  total.rows += outcome.rows_read;
  if (const auto found = outcome.stats.find(delivery.entity); found != outcome.stats.end()) {
    total.effects.created += found->second.created;
    total.effects.amended += found->second.amended;
    total.effects.removed += found->second.removed;
  }
  metrics::DeliveryDone facts;
  facts.delivery_id = outcome.delivery_id;
  facts.entity = delivery.entity;
  facts.kind = delivery.kind;
  facts.effects = outcome.stats;
  facts.rows_read = outcome.rows_read;
  facts.source_bytes = loaded.facts.fetched_bytes;
  facts.uncompressed_bytes = loaded.facts.decompressed_bytes;
  const auto seconds = [&](Step step) -> double& {
    return facts.step_seconds.at(static_cast<std::size_t>(step));
  };
  seconds(Step::Fetch) = loaded.facts.fetch_seconds;
  seconds(Step::Decompress) = loaded.facts.decompress_seconds;
  seconds(Step::Parse) = loaded.facts.parse_seconds;
  seconds(Step::Apply) = outcome.apply_seconds;
  seconds(Step::Record) = outcome.record_seconds;
  seconds(Step::Notify) = outbox_.seconds();
  facts.seconds = std::chrono::duration<double>(elapsed).count();
  metrics_.delivery_done(facts);
  metrics_.round_done();
  const auto whole = std::chrono::floor<std::chrono::microseconds>(elapsed);
  const std::chrono::hh_mm_ss clock(whole);
  log::info("Delivery {}: processed ({}:{:02}:{:02}.{:06} seconds).", outcome.delivery_id,
            clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
            clock.subseconds().count());
}

// A COMMIT whose answer was lost: the ledger knows.
void Loader::take_up(const FoundDelivery& delivery) {
  const auto began = steady_clock::now();
  auto outcome = target_.loaded(delivery);
  in_doubt_.erase(in_doubt_.begin());
  if (!outcome) return;  // rolled back: discover will find it again
  log::info("Delivery {}: it was committed before the connection was lost.", outcome->delivery_id);
  Loaded loaded;
  loaded.facts.rows = outcome->rows_read;
  loaded.facts.fetched_bytes = delivery.object.size;
  loaded.outcome = std::move(*outcome);
  finish_deliveries({&delivery, 1}, {&loaded, 1}, began);
}

void Loader::say_held(const std::vector<source::Held>& held) {
  held_ = !held.empty();
  for (const auto& one : held) {
    if (!held_said_.insert(one.object_key + one.reason).second) continue;
    auto error = Error::bad_delivery(
        fmt::format("{}; nothing more is loaded into {}", one.reason, one.entity),
        "Bring the bucket and the table in line by hand, or remove the object, then start again.");
    error.at({.step = Step::Discover, .object_key = source_.full_key(one.object_key)});
    metrics_.count_error(Step::Discover, ErrorKind::BadDelivery);
    log::error("{}", error.describe());
  }
}

void Loader::show_backlog(const source::Discovered& found) {
  std::optional<Time> oldest;
  for (const auto& [entity, backlog] : found.backlog) {
    metrics_.set_backlog(entity, backlog.files, backlog.bytes);
    if (backlog.oldest) oldest = oldest ? std::min(*oldest, *backlog.oldest) : backlog.oldest;
  }
  metrics_.set_oldest_waiting(oldest);
  for (const auto reason :
       {metrics::IgnoredObject::ControlTable, metrics::IgnoredObject::UnknownFile,
        metrics::IgnoredObject::FolderWithoutTable, metrics::IgnoredObject::FolderMarker}) {
    metrics_.set_ignored_objects(reason, 0);
  }
  for (const auto& [reason, count] : found.ignored) metrics_.set_ignored_objects(metric_of(reason), count);
  metrics_.poll_done();
}

ExitCode Loader::failed(const Error& error) {
  ready_ = false;
  log::error("{}", error.describe());
  return error.exit_code();
}

// The end without an error: nothing left, or a stop.
ExitCode Loader::finish() {
  if (options_.notifications && target_.persists() && open_) publish_rest();
  if (stop_.requested()) {
    log::info("Stopped.");
    return ExitCode::Done;
  }
  say_summary();
  if (held_) return ExitCode::BadInput;
  if (outbox_.waiting() != 0 && outbox_.last_error()) {
    log::error("{} Unsent messages: {}; they stay in the outbox, and the next run publishes them.",
               outbox_.last_error()->describe(), outbox_.waiting());
    return outbox_.last_error()->exit_code();
  }
  return ExitCode::Done;
}

// Run once: the broker gets as long to come back as any other peer. After a stop: one last try.
void Loader::publish_rest() {
  const auto until = steady_clock::now() + options_.retry_time;
  try {
    while (!outbox_.publish_waiting(true) && !stop_.requested() && steady_clock::now() < until) {
      if (outbox_.last_error() && outbox_.last_error()->kind() != ErrorKind::Retry) return;
      stop_.sleep_for(std::chrono::seconds(1));
    }
  } catch (const Error& error) {
    log::warning("{}", error.describe());
  }
}

void Loader::say_summary() const {
  const auto seconds = std::chrono::duration<double>(steady_clock::now() - began_).count();
  if (totals_.empty()) {
    log::info("Nothing new in {}.", source_.describe());
    return;
  }
  Total all;
  for (const auto& [entity, total] : totals_) {
    log::info("Summary: {}: {} rows read in {} {} (create: {}, amend: {}, remove: {}).", entity, total.rows,
              total.deliveries, total.deliveries == 1 ? "delivery" : "deliveries", total.effects.created,
              total.effects.amended, total.effects.removed);
    all.deliveries += total.deliveries;
    all.rows += total.rows;
  }
  log::info("Summary: {}{} {}, {} rows in {:.1f} seconds ({:.0f} rows/s).",
            target_.persists() ? "" : "dry run, ", all.deliveries,
            all.deliveries == 1 ? "delivery" : "deliveries", all.rows, seconds,
            static_cast<double>(all.rows) / std::max(seconds, 1e-6));
}

void Loader::tick() { ticked_ = steady_clock::now().time_since_epoch().count(); }

Loader::Status Loader::status() const {
  const steady_clock::time_point ticked{steady_clock::duration(ticked_.load())};
  return {ready_.load(), std::chrono::duration<double>(steady_clock::now() - ticked).count()};
}

}  // namespace peo::loader
