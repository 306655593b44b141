#include "loader/loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

#include "base/log.hpp"
#include "loader/in_order_loader.hpp"
#include "loader/refused_object.hpp"

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
      discover_(source, target.ledger(), options.discover),
      outbox_(target.outbox(), notifier, metrics),
      backoff_(stop, options.service ? std::nullopt : std::optional(options.retry_time)),
      log_(source, metrics, target.persists()),
      quarantine_(target.ledger(), log_, options.bad_rows),
      batches_(source, target.loads(), log_, quarantine_, liveness, stop, options.read,
               [this](const Committed& committed) { notify_and_count(committed); }),
      late_file_loader_(source, target.ledger(), batches_, log_, stop, options.late_files),
      reload_loader_(late_file_loader_, batches_, log_),
      schedule_(options.poll, stop, liveness),
      holds_(source, metrics) {
  // A dry run is one pass, and publishes nothing.
  if (!target_.persists()) options_.service = options_.notifications = false;
  liveness_.touch();
}

ExitCode Loader::run() {
  while (!stop_.requested()) {
    try {
      const bool more = run_once();
      healthy_ = true;
      recovered();
      if (more) continue;
      if (!options_.service) {
        // A locked table is retried as long as any other temporary error. Not by a dry run, which would keep
        // its snapshot open meanwhile, and which somebody waits for: it reports the lock.
        const auto retry = holds_.lock_retry(options_.retry_time, now());
        if (!retry || !target_.persists()) break;
        stop_.sleep_for(*retry - now());
        continue;
      }
    } catch (const Error& error) {
      if (stop_.requested()) break;
      metrics_.count_error(error.place().step, error.kind());
      if (!passes(error)) return failed(error);
      const auto step = error.place().step;
      const bool of_source =
          (step == Step::Discover || step == Step::Fetch) && error.sqlstate().empty() && target_.connected();
      metrics_.count_retry(of_source ? metrics::Dependency::Source : metrics::Dependency::Target);
      ready_ = false;
      set_trouble(error.describe_without_values());
      // After a lost connection, another loader may hold the lock: open() acquires it again and reads
      // everything. It also does so after an error that an operator must fix, because it reads the secrets
      // again.
      open_ = open_ && target_.connected() &&
              (error.kind() == ErrorKind::Retry || step == Step::Discover || step == Step::Fetch);
      scope_ = {};
      if (backoff_.wait(error) || stop_.requested()) continue;
      return failed(error);
    }
    scope_ = schedule_.wait(discover_.full_listing().pending(stuck()), waiting_tables());
  }
  return finish();
}

std::string Loader::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void Loader::set_trouble(const std::string& text) {
  const std::lock_guard lock(mutex_);
  trouble_ = text;
}

void Loader::recovered() {
  backoff_.recovered();
  set_trouble("");
  ready_ = true;
}

bool Loader::run_once() {
  liveness_.touch();
  // A lock that is lost between two polls ends no statement: without this look, a loader with nothing to load
  // would never stand by.
  if (!open_ || !target_.connected()) open();
  scope_ = schedule_.with_events(std::move(scope_));
  const bool more = poll();
  if (options_.notifications) outbox_.publish_waiting(false);
  return more && !stop_.requested();
}

// The bucket is listed first: with a wrong secret or bucket name, not even the migrations are applied.
void Loader::open() {
  ready_ = false;
  auto* const events = options_.poll.events;
  if (events != nullptr) events->end();  // a standby must not receive events that the active loader needs
  if (!source_seen_) {
    try {
      source_.list({.prefix = "", .delimited = true, .start_after = {}, .continuation = {}});
    } catch (Error& error) {
      error.at(Step::Discover);
      throw;
    }
    source_seen_ = true;
  }
  try {
    target_.open();
    tables_read_ = steady_clock::now();
    const auto refused = target_.refused_tables();
    if (!refused.empty() && refused.size() == target_.tables().size()) throw Error(refused.begin()->second);
    batches_.resolve_unconfirmed();
    metrics_.set_quarantined(target_.ledger().quarantined());
    if (target_.persists()) outbox_.begin();  // shows unsent messages even if publishing is off
  } catch (Error& error) {
    error.at(Step::Apply);
    throw;
  }
  if (target_.persists() && !std::exchange(holds_restored_, true))
    holds_.restore(target_.ledger().holds(), !options_.service);
  for (const auto& table : target_.tables()) metrics_.declare_entity(table);
  if (const auto& stream = options_.discover.transactions; !stream.empty()) metrics_.declare_entity(stream);
  if (!target_.persists()) log_.clear_totals();  // a dry run that lost its connection starts again
  open_ = true;
  if (events != nullptr) events->begin();
}

bool Loader::poll() {
  // The cause of a hold may have been fixed in the target: a missing column or key. Checked regularly in any
  // case: a new table, or a comment that names a source table, changes where files are loaded.
  constexpr auto between_refreshes = std::chrono::minutes(1);
  const auto since_refresh = steady_clock::now() - tables_read_;
  if (!holds_.empty() || since_refresh >= between_refreshes) {
    tables_read_ = steady_clock::now();
    const auto changed = target_.refresh_tables();
    for (const auto& table : changed) holds_.try_again(table);
    if (!changed.empty()) holds_.try_again(options_.discover.transactions);
  }
  const auto last = target_.ledger().last_full_listing();
  const auto time = now();
  const auto interval = std::chrono::floor<std::chrono::microseconds>(options_.full_listing_interval);
  // A time in the future comes from a clock that was ahead; waiting for it could take years.
  const bool overdue = !last || (interval.count() > 0 && (*last > time || time - *last >= interval));
  set_scope(overdue, last && time - *last >= 2 * interval);
  auto found = discover();  // 1 discover
  more_waiting_ = found.more;
  const bool loaded = load(std::move(found.due));  // 2 fetch to 6 record; 7 notify after each commit
  if (!target_.connected()) return true;
  const auto quarantined = target_.ledger().quarantined();
  metrics_.set_quarantined(quarantined);
  if (target_.persists() && holds_.changed()) target_.ledger().record_holds(holds_.all());
  // A full listing may be the only one that finds the cause of a hold: until that is resolved, each listing
  // is full.
  const bool all_listed = scope_.everything
                              ? !more_waiting_ && !holds_.need_full_listing() && unreadable_.empty()
                              : discover_.full_listing().finished();
  if (all_listed) target_.ledger().full_listing_done();
  metrics_.set_last_full_listing(target_.ledger().last_full_listing());
  if (!loaded) {
    if (found.all || !found.backlog.empty()) metrics_.poll_completed();
    if (options_.service && !more_waiting_ && found.all)
      log_idle(holds_.empty() && unreadable_.empty() && found.waiting.empty() && found.unmatched.empty() &&
               found.parquet.files == 0 && quarantined.empty() && outbox_.waiting() == 0);
  }
  return std::exchange(list_again_, false) || loaded;
}

// Step 1: what is due, and which entities are held.
source::Discovered Loader::discover() {
  const auto began = steady_clock::now();
  source::Discovered found;
  try {
    found = discover_.round({target_.tables(), target_.source_tables()}, scope_, stuck());
  } catch (Error& error) {
    error.at(Step::Discover);
    throw;
  }
  metrics_.add_step_seconds(Step::Discover,
                            std::chrono::duration<double>(steady_clock::now() - began).count());
  schedule_.listed(found.all);
  metrics_.set_unmatched(found.unmatched);
  if (found.all) metrics_.set_ignored_parquet(found.parquet);
  if (target_.tables().empty()) {
    throw Error::configuration(
        fmt::format("the target has no entity table, which needs a primary key and the bigint columns "
                    "event_id and delivery_id{}{}",
                    found.unmatched.empty() ? "" : "; ", source::unmatched_text(found.unmatched)),
        source::unmatched_hint)
        .at(Step::Discover);
  }
  log_.found(found);
  // Answered, so that they don't stay open, with the reason for the operator.
  for (const auto& [request, answer] : found.rejected_requests) target_.ledger().answer(request, answer);
  source::hold_refused(found, target_.refused_tables());
  holds_.listed(found, now());
  for (const auto& [entity, backlog] : found.backlog) waiting_.erase(entity);
  for (const auto& [entity, why] : found.waiting) waiting_.insert(entity);
  log_waiting(found.waiting);
  // After an error of a load (a full disk), each attempt lists the bucket and then fails again.
  if (trouble().empty()) ready_ = true;
  return found;
}

// Steps 2 to 6 of everything that is due, in order: runs of deliveries that are in order, and between them
// reloads, late files and requests, each on its own. After a failed delivery, nothing more is loaded into its
// entity in this poll; the others continue. False: nothing was loaded.
bool Loader::load(std::vector<Delivery> due) {
  const auto unreadable_before = std::exchange(unreadable_, {});
  blocked_ = holds_.waiting(due, now());
  const auto is_blocked = [&](const Delivery& delivery) { return blocked_.contains(delivery.entity); };
  std::erase_if(due, is_blocked);
  auto rest = due.begin();
  const auto end_of_run = [&](auto ends) { return std::find_if(rest, due.end(), ends); };
  bool loaded = false;
  // Without the connection, open() comes first.
  while (rest != due.end() && !stop_.requested() && target_.connected()) {
    const auto is_plain = [](const Delivery& one) { return one.arrival == Arrival::InOrder && !one.request; };
    const auto blocked_before = blocked_.size();
    try {
      if (is_plain(*rest)) {
        const auto end = end_of_run([&](const Delivery& one) { return !is_plain(one); });
        const auto done = load_in_order({rest, end}, batches_, stop_);
        loaded = loaded || done.count != 0;
        rest = done.failed ? rest + static_cast<std::ptrdiff_t>(done.count) : end;
        if (done.failed) keep_back({rest, due.end()}, *done.failed, unreadable_before);
      } else if (rest->arrival == Arrival::Reload) {
        const auto end = end_of_run([&](const Delivery& one) {
          return one.arrival != Arrival::Reload || one.entity != rest->entity;
        });
        reload_loader_.load({rest, end});
        holds_.loaded(rest->entity);
        rest = end;
        loaded = true;
      } else if (const auto why = late_file_loader_.load(*rest)) {
        holds_.by_policy(*rest, *why, now());
        blocked_.insert(rest->entity);
      } else {
        holds_.loaded(rest->entity);
        ++rest;
        loaded = true;
      }
    } catch (const Error& error) {
      keep_back({rest, due.end()}, error, unreadable_before);
    }
    if (blocked_.size() == blocked_before) continue;
    // Other files of the entity would otherwise overtake the one that holds it.
    const auto at = rest - due.begin();
    due.erase(std::remove_if(rest, due.end(), is_blocked), due.end());
    rest = due.begin() + at;
  }
  return loaded || !target_.connected();
}

// The first of `rest`, or one of its group, has failed. Rethrows the error unless it concerns only its table.
void Loader::keep_back(std::span<const Delivery> rest, const Error& error, const Unreadable& before) {
  const auto& entity = rest.front().entity;
  const auto failed = std::ranges::find_if(rest, [&](const Delivery& one) {
    return one.entity == entity && source_.full_key(one.object.key) == error.place().object_key;
  });
  const auto& delivery = failed == rest.end() ? rest.front() : *failed;
  if (stop_.requested() || concerns_all(error, delivery, rest)) throw Error(error);
  metrics_.count_error(error.place().step, error.kind());
  blocked_.insert(entity);
  open_ = open_ && target_.connected();
  if (error.is_changed_object()) return hold_unreadable(delivery, error, before);
  holds_.by_error(delivery, error, now());
}

bool Loader::concerns_all(const Error& error, const Delivery& failed, std::span<const Delivery> rest) {
  if (refuses_object(error)) return !gives_another(source_, failed.object, rest, last_loaded_);
  return !concerns_table(error);
}

// The object isn't as it was listed. Usually it has just been rewritten, and the next listing shows its
// current state. If it still can't be read then, an operator must decide: the server lists an object that it
// lacks.
void Loader::hold_unreadable(const Delivery& delivery, const Error& error, const Unreadable& before) {
  const auto& key = delivery.object.key;
  metrics_.count_retry(metrics::Dependency::Source);
  const auto failed = before.find(delivery.entity);
  if ((failed == before.end() || failed->second != key) && !holds_.has(delivery)) {
    unreadable_[delivery.entity] = key;
    list_again_ = true;
    log::info(error.text().of(delivery.entity).fields, "{} {} waits for the next listing.", error.describe(),
              delivery.entity);
    return;
  }
  holds_.by_error(
      delivery,
      Error::changed_object(
          fmt::format("it is listed, but can't be read: each attempt finds it changed or missing ({})",
                      error.what()),
          fmt::format(
              "Write the object again. If it no longer exists, skip it with paper-engine-orders skip {} "
              "--reason WHY. It is retried with back-off.",
              key))
          .at(error.place()),
      now());
}

// Step 7, and the log and metrics of the deliveries. They are already committed: an error here (the
// connection is lost while messages are marked) must not prevent counting them, so it is thrown at the end.
void Loader::notify_and_count(const Committed& committed) {
  log_.persisted(committed);
  recovered();
  for (const auto& delivery : committed.deliveries) holds_.loaded(delivery.entity);
  metrics_.count_discovered(schedule_.by_event(), committed.deliveries.size());
  last_loaded_ = committed.deliveries.back().object;
  std::exception_ptr lost;
  try {
    std::vector<Message> messages;
    for (const auto& result : committed.results) {
      if (result.outcome.message) messages.push_back(*result.outcome.message);
    }
    if (options_.notifications) outbox_.publish(messages);
  } catch (const Error&) {
    lost = std::current_exception();
  }
  log_.processed(committed, outbox_.seconds());
  if (lost) std::rethrow_exception(lost);
}

// Logged once: if the log ended with the last delivery, an idle loader would look like one that hangs.
void Loader::log_idle(bool up_to_date) {
  if (!log_once_.first_time("idle")) return;
  const auto seconds = [](std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
  };
  const auto& [min, max] = options_.poll.times;
  const auto* const events = options_.poll.events;
  log::info("{}; {}polling every {:.3g} to {:.3g} s.",
            up_to_date ? "Up to date" : "Nothing else can be loaded now",
            events == nullptr ? "" : "woken by events from " + events->describe() + "; ", seconds(min),
            seconds(max));
}

void Loader::log_waiting(const std::map<std::string, std::string>& waiting) {
  for (const auto& [entity, why] : waiting) {
    if (log_once_.first_time(entity + why)) log::info("{} is waiting: {}.", entity, why);
  }
}

// A service fails fast at its start: a wrong setting must not look like an outage.
bool Loader::passes(const Error& error) const {
  return error.kind() == ErrorKind::Retry ||
         (options_.service && healthy_ && error.exit_code() != ExitCode::Internal);
}

ExitCode Loader::failed(const Error& error) {
  ready_ = false;
  if (options_.poll.events != nullptr) options_.poll.events->end();
  log::error(error.text());
  target_.recover();
  return error.exit_code();
}

// Ends without an error: nothing is left, or a stop was requested.
ExitCode Loader::finish() {
  if (options_.poll.events != nullptr) options_.poll.events->end();
  if (options_.notifications && open_) publish_rest();
  // Readers must not be left with a table without indexes until the next run.
  target_.recover();
  if (stop_.requested()) {
    log::info("Stopped.");
    return ExitCode::Done;
  }
  log_.log_summary();
  holds_.log_summary();
  // Everything else is loaded; the exit code shows that an operator must act.
  if (!holds_.empty()) return holds_.exit_code();
  if (outbox_.waiting() != 0 && outbox_.last_error()) {
    log::error("{} Unsent messages: {}; they stay in the outbox, and the next run publishes them.",
               outbox_.last_error()->describe(), outbox_.waiting());
    return outbox_.last_error()->exit_code();
  }
  return ExitCode::Done;
}

// A run-once waits for the broker as long as for any other dependency; after a stop request, there is one
// last attempt.
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
