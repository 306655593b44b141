#include "loader/loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"

namespace peo::loader {

using std::chrono::steady_clock;

Loader::Loader(source::Source& source, target::Target& target, notifier::Notifier& notifier,
               metrics::Metrics& metrics, const Cancellation& stop, Liveness& liveness, LoaderOptions options)
    : source_(source),
      target_(target),
      metrics_(metrics),
      stop_(stop),
      liveness_(liveness),
      options_(options),
      discover_(source, target, options.discover),
      outbox_(target, notifier, metrics),
      backoff_(stop, options.service ? std::nullopt : std::optional(options.retry_time)),
      log_(source, target, metrics, outbox_, backoff_, options.notifications),
      quarantine_(target, log_, options.bad_rows),
      batches_(source, target, log_, stop, options.read, [this] { liveness_.touch(); }),
      in_order_loader_(
          target, batches_, log_, quarantine_, stop, [this] { liveness_.touch(); },
          options.full_load_transaction_bytes),
      late_file_loader_(source, target, batches_, log_, quarantine_, stop, options.late_files),
      random_(std::random_device{}()) {
  if (!target_.persists()) options_.service = false;
  liveness_.touch();
}

ExitCode Loader::run() {
  while (!stop_.requested()) {
    try {
      const bool more = run_once();
      backoff_.recovered();
      if (more) continue;
      if (!options_.service) break;
    } catch (const Error& error) {
      if (stop_.requested()) break;
      metrics_.count_error(error.place().step, error.kind());
      if (error.kind() != ErrorKind::Retry) return failed(error);
      metrics_.count_retry(error.place().step == Step::Fetch ? metrics::Dependency::Source
                                                             : metrics::Dependency::Target);
      ready_ = false;
      open_ = open_ && target_.connected();
      if (backoff_.wait(error) || stop_.requested()) continue;
      return failed(error);
    }
    std::uniform_int_distribution<std::chrono::nanoseconds::rep> spread(options_.min_sleep.count(),
                                                                        options_.max_sleep.count());
    liveness_.touch();
    stop_.sleep_for(std::chrono::nanoseconds(spread(random_)));
  }
  return finish();
}

bool Loader::run_once() {
  liveness_.touch();
  if (!open_) open();
  const bool more = poll();
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
    batches_.resolve_unconfirmed();
    if (options_.notifications) outbox_.begin();
  } catch (Error& error) {
    error.at(Step::Apply);
    throw;
  }
  for (const auto& table : target_.tables()) metrics_.declare_entity(table);
  if (const auto& folder = options_.discover.transactions; !folder.empty()) metrics_.declare_entity(folder);
  if (!target_.persists())
    log_.forget_totals();  // a dry run that lost its connection predicts from the beginning
  open_ = true;
}

// Step 1, then the rest for each delivery that is due.
bool Loader::poll() {
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
  metrics_.add_step_seconds(Step::Discover,
                            std::chrono::duration<double>(steady_clock::now() - began).count());
  log_.found(found);
  for (const auto& [request, answer] : found.rejected_requests) target_.answer(request, answer);
  held_.clear();
  for (const auto& held : found.held) hold(held);
  log_waiting(found.waiting);
  ready_ = true;
  const bool took = load(std::move(found.due));
  metrics_.set_held(held_);  // what was held in an earlier round may go on by now
  // What holds an entity may have been seen by this listing alone.
  if (full && held_.empty()) target_.full_listing_done();
  if (!took) metrics_.poll_completed();
  return took;
}

// False: nothing was taken.
bool Loader::load(std::vector<Delivery> due) {
  bool took = false;
  std::size_t at = 0;
  const auto rest = [&] { return std::span<const Delivery>(due).subspan(at); };
  const auto drop_held = [&] {
    const auto is_held = [&](const Delivery& delivery) { return held_.contains(delivery.entity); };
    due.erase(std::remove_if(due.begin() + static_cast<std::ptrdiff_t>(at), due.end(), is_held), due.end());
  };
  drop_held();
  while (at < due.size() && !stop_.requested()) {
    const auto waiting = rest();
    const auto in_order = static_cast<std::size_t>(
        std::find_if(waiting.begin(), waiting.end(), LateFileLoader::takes) - waiting.begin());
    if (in_order != 0) {
      in_order_loader_.load(waiting.first(in_order));
      at += in_order;
      took = true;
      continue;
    }
    const auto taken = late_file_loader_.take(waiting);
    at += taken.deliveries;
    took = took || taken.deliveries != 0;
    if (!taken.held) continue;
    hold({due[at].entity, due[at].object.key, *taken.held});
    drop_held();
  }
  return took;
}

void Loader::hold(const source::Held& held) {
  const auto object_key = source_.full_key(held.object_key);
  held_.emplace(held.entity, object_key + ": " + held.reason);
  metrics_.add_held(held.entity, held_.at(held.entity));
  if (!said_.insert(held.object_key + held.reason).second) return;
  auto error =
      Error::bad_delivery(fmt::format("{}; nothing more is loaded into {}", held.reason, held.entity),
                          "Bring the bucket and the table in line, or say what to do: paper-engine-orders "
                          "replay KEY (apply it), or "
                          "skip KEY --reason WHY (leave it out).");
  error.at({.step = Step::Discover, .object_key = object_key});
  metrics_.count_error(Step::Discover, ErrorKind::BadDelivery);
  metrics_.count_policy(held.entity, metrics::Policy::Held);
  log::error("{}", error.describe());
}

void Loader::log_waiting(const std::map<std::string, std::string>& waiting) {
  for (const auto& [entity, why] : waiting) {
    if (said_.insert(entity + why).second) {
      log::info("{} waits: {}.", entity, why);
    }
  }
}

ExitCode Loader::failed(const Error& error) {
  ready_ = false;
  log::error("{}", error.describe());
  target_.recover();
  return error.exit_code();
}

// The end without an error: nothing left, or a stop.
ExitCode Loader::finish() {
  if (options_.notifications && target_.persists() && open_) publish_rest();
  target_.recover();
  if (stop_.requested()) {
    log::info("Stopped.");
    return ExitCode::Done;
  }
  log_.log_summary();
  if (!held_.empty()) return ExitCode::BadInput;
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

}  // namespace peo::loader
