#include "loader/holds.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/utc_time.hpp"

namespace peo::loader {
namespace {

// The time between attempts to load a delivery that failed. The loader can't notice every repair (a grant, a
// trigger, a row that a foreign key refers to), so it retries at least hourly; each attempt reads the file
// again, so it doesn't retry in each poll. Temporary errors are retried sooner.
std::chrono::seconds delay_after(std::uint64_t tries, bool may_pass) {
  const std::chrono::seconds first(may_pass ? 5 : 15);
  const std::chrono::seconds longest(may_pass ? 60 : 3600);
  constexpr std::uint64_t most_doublings = 10;
  return std::min(longest, first * (1L << std::min(tries - 1, most_doublings)));
}

constexpr std::chrono::hours log_interval(1);

// 55P03 lock_not_available: another session holds a lock on the table.
bool is_lock_timeout(const Error& error) { return error.sqlstate() == "55P03"; }

}  // namespace

bool concerns_table(const Error& error) {
  if (error.kind() == ErrorKind::BadDelivery) return true;
  if (error.kind() == ErrorKind::Retry) return is_lock_timeout(error) || error.is_changed_object();
  // All tables share the ledger and the bucket: credentials, permissions, the bucket itself.
  const auto step = error.place().step;
  if (step == Step::Record || step == Step::Discover || step == Step::Fetch) return false;
  const auto code = error.exit_code();
  return code == ExitCode::BadInput || code == ExitCode::PermissionDenied || code == ExitCode::Configuration;
}

void Holds::listed(const source::Discovered& listed, Time time) {
  const auto& found = listed.held;
  for (auto held = held_.begin(); held != held_.end();) {
    const auto next = std::next(held);
    const auto& [entity, hold] = *held;
    // An object that failed and is no longer due was skipped or deleted.
    const bool still =
        (!listed.all && !listed.backlog.contains(entity)) ||
        (hold.etag.empty() ? std::ranges::find(found, entity, &source::Held::entity) != found.end()
                           : std::ranges::find(listed.due, entity, &Delivery::entity) != listed.due.end());
    if (!still) {
      // Nothing tells which of the two it was, and a deleted file would otherwise be missed silently.
      if (!hold.etag.empty())
        log::warning(fields(entity, hold),
                     "{} is not waiting any more: it was skipped or deleted. If it was deleted, {} lacks its "
                     "changes: write the object again, or reload the table.",
                     source_.full_key(hold.object_key), entity);
      release(held);
    }
    held = next;
  }
  std::set<std::string> seen;
  for (const auto& held : found) {
    // The first reason counts.
    if (seen.insert(held.entity).second) hold_listed(held, "", time);
  }
  for (auto& [entity, hold] : held_) {
    // The result of a retry in this poll is logged anyway.
    if (time - hold.logged < log_interval || hold.etag.empty() || time >= hold.next_try) continue;
    log::warning(fields(entity, hold), "{} is still held, since {} UTC: {}. {}", entity,
                 utc_time_text(hold.since), text(hold), hold.hint);
    hold.logged = time;
  }
  update_metrics();
}

void Holds::by_policy(const Delivery& delivery, const std::string& why, Time time) {
  hold_listed({.entity = delivery.entity, .object_key = delivery.object.key, .reason = why},
              delivery.object.etag, time);
}

void Holds::hold_listed(const source::Held& held, const std::string& etag, Time time) {
  Hold hold;
  hold.object_key = held.object_key;
  hold.etag = etag;
  hold.reason = held.reason;
  hold.hint = held.hint.empty() ? general_hold_hint : held.hint;
  hold.exit_code = held.exit_code;
  if (!put(held.entity, hold, time)) return;
  metrics_.count_error(Step::Discover, ErrorKind::BadDelivery);
  const auto key = held.object_key.empty() ? "" : source_.full_key(held.object_key);
  const auto what = fmt::format("{}; nothing more is loaded into {}", held.reason, held.entity);
  log::error(Error(ErrorKind::BadDelivery, held.exit_code, what, hold.hint)
                 .without_values(what)
                 .at({.step = Step::Discover, .object_key = key})
                 .text()
                 .of(held.entity));
}

void Holds::by_error(const Delivery& delivery, const Error& error, Time time) {
  Hold hold;
  hold.object_key = delivery.object.key;
  hold.etag = delivery.object.etag;
  hold.reason = line_text(error.place());
  if (const auto& column = error.place().column; !column.empty())
    hold.reason += fmt::format("{}column {}", hold.reason.empty() ? "" : " ", shortened(column));
  hold.reason += (hold.reason.empty() ? "" : ": ") + error.without_values();
  hold.hint = error.hint();
  hold.exit_code = error.exit_code();
  hold.may_pass = error.kind() == ErrorKind::Retry;
  hold.waits_for_lock = is_lock_timeout(error);
  if (hold.waits_for_lock) {
    // The target has just seen who blocked it. Until the next try nothing waits, so nothing else would tell.
    if (const auto lock = metrics_.snapshot().lock_wait; !lock.empty())
      hold.hint = fmt::format(
          "Wait until the blocking transaction ends, or end it with pg_terminate_backend as its user or as a "
          "superuser: a lock on {}.",
          lock);
  }
  hold.in_order = delivery.arrival == Arrival::InOrder && !delivery.request;
  if (!put(delivery.entity, std::move(hold), time)) return;
  // A lock is temporary.
  if (is_lock_timeout(error)) {
    log::warning(error.text().of(delivery.entity));
  } else {
    log::error(error.text().of(delivery.entity));
  }
  log::info(fields(delivery.entity, held_.at(delivery.entity)),
            "{} is held: nothing more is loaded into it. Other tables are loaded.", delivery.entity);
}

bool Holds::put(const std::string& entity, Hold hold, Time time) {
  hold.since = time;
  const auto [place, added] = held_.try_emplace(entity, hold);
  auto& now = place->second;
  const bool same = !added && now.object_key == hold.object_key && now.reason == hold.reason;
  if (same) {
    hold.since = now.since;
    hold.tries = now.tries + 1;
  }
  const bool log_due = !same || time - now.logged >= log_interval;
  hold.logged = log_due ? time : now.logged;
  hold.next_try = time + delay_after(hold.tries, hold.may_pass);
  now = std::move(hold);
  changed_ = changed_ || !same || !now.etag.empty();
  update_metrics();
  if (!same) metrics_.count_policy(entity, metrics::Policy::Held);
  return log_due;
}

std::set<std::string> Holds::waiting(std::span<const Delivery> due, Time time) const {
  std::set<std::string> names;
  for (const auto& [entity, hold] : held_) {
    if (hold.etag.empty()) {
      names.insert(entity);
      continue;
    }
    // A time beyond the longest delay comes from a clock that was ahead.
    if (time >= hold.next_try || hold.next_try - time > std::chrono::hours(2)) continue;
    bool same_object = false, asked = false;
    for (const auto& delivery : due) {
      if (delivery.entity != entity) continue;
      asked = asked || delivery.request.has_value();
      same_object =
          same_object || (delivery.object.key == hold.object_key && delivery.object.etag == hold.etag);
    }
    if (same_object && !asked) names.insert(entity);
  }
  return names;
}

void Holds::loaded(const std::string& entity) {
  if (const auto held = held_.find(entity); held != held_.end()) {
    release(held);
    update_metrics();
  }
}

void Holds::release(HoldsByEntity::iterator held) {
  log::info("{} is no longer held.", held->first);
  held_.erase(held);
  changed_ = true;
}

void Holds::restore(HoldsByEntity held, bool at_once) {
  held_ = std::move(held);
  for (auto& [entity, hold] : held_) {
    if (at_once) hold.next_try = {};
  }
  update_metrics();
}

void Holds::try_again(const std::string& entity) {
  if (const auto held = held_.find(entity); held != held_.end()) held->second.next_try = {};
}

bool Holds::has(const Delivery& delivery) const {
  const auto held = held_.find(delivery.entity);
  return held != held_.end() && held->second.object_key == delivery.object.key;
}

bool Holds::need_full_listing() const {
  return std::ranges::any_of(held_, [](const auto& one) { return !one.second.in_order; });
}

source::Discover::Stuck Holds::objects() const {
  source::Discover::Stuck objects;
  for (const auto& [entity, hold] : held_) objects.emplace(entity, hold.object_key);
  return objects;
}

LogFields Holds::fields(const std::string& entity, const Hold& hold) const {
  return {.entity = entity,
          .object = hold.object_key.empty() ? "" : source_.full_key(hold.object_key),
          .exit_code = static_cast<int>(hold.exit_code)};
}

std::string Holds::text(const Hold& hold) const {
  return (hold.object_key.empty() ? "" : source_.full_key(hold.object_key) + ": ") + hold.reason;
}

void Holds::log_summary() const {
  for (const auto& [entity, hold] : held_)
    log::warning(fields(entity, hold), "Summary: {} is held, and the rest of its files are waiting: {}.",
                 entity, text(hold));
}

ExitCode Holds::exit_code() const {
  if (held_.empty()) return ExitCode::Done;
  return std::ranges::min_element(held_, {}, [](const auto& one) { return one.second.since; })
      ->second.exit_code;
}

std::optional<Time> Holds::lock_retry(std::chrono::nanoseconds budget, Time time) const {
  std::optional<Time> first;
  for (const auto& [entity, hold] : held_) {
    if (hold.waits_for_lock && time - hold.since < budget)
      first = std::min(first.value_or(hold.next_try), hold.next_try);
  }
  return first;
}

void Holds::update_metrics() {
  HeldTexts texts;
  for (const auto& [entity, hold] : held_)
    texts.emplace(
        entity, HeldText{.reason = text_of(hold), .hint = hold.hint, .waits_for_lock = hold.waits_for_lock});
  metrics_.set_held(texts);
}

}  // namespace peo::loader
