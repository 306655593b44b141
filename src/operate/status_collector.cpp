#include "operate/status_collector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/change_message.hpp"
#include "base/log.hpp"
#include "base/recent_errors.hpp"
#include "base/version.hpp"
#include "operate/format.hpp"
#include "operate/state.hpp"

namespace peo::operate {
namespace {

using std::chrono::steady_clock;
using json_t = nlohmann::ordered_json;

constexpr std::int64_t kept_minutes = 360;
constexpr std::size_t shown_deliveries = 25;
constexpr auto between_refreshes = std::chrono::seconds(2);  // while the page is open
constexpr auto between_samples = std::chrono::seconds(10);   // otherwise
constexpr auto watched_for = std::chrono::seconds(30);       // after the last request of the page
constexpr auto after_failure = std::chrono::seconds(10);

std::int64_t minute_of(Time time) {
  return std::chrono::floor<std::chrono::minutes>(time).time_since_epoch().count();
}

json_t json_of(const PastDelivery& delivery) {
  return {{"delivery_id", delivery.delivery_id},
          {"entity", delivery.entity},
          {"key", delivery.object_key},
          {"kind", delivery.kind},
          {"status", delivery.status},
          {"finished_at", iso_time(delivery.finished_at)},
          {"rows", delivery.rows_read},
          {"rejected", delivery.rejected},
          {"bytes", delivery.bytes},
          {"effects", row_counts_json(delivery.effects)},
          {"seconds", delivery.seconds},
          {"lag_seconds", delivery.lag_seconds},
          {"step_seconds",
           {{"fetch", delivery.fetch_seconds},
            {"decompress", delivery.decompress_seconds},
            {"parse", delivery.parse_seconds},
            {"apply", delivery.apply_seconds}}}};
}

const char* word(log::Level level) { return level == log::Level::Error ? "ERROR" : "WARNING"; }

}  // namespace

StatusCollector::StatusCollector(StatusOptions options, std::function<ProcessNow()> now)
    : options_(std::move(options)), now_(std::move(now)), thread_([this] { work(); }) {}

StatusCollector::~StatusCollector() {
  stop_.request();
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  asked_.notify_all();
  thread_.join();
}

// The ledger is queried at the start (for the history), while the page is open, and once a minute.
void StatusCollector::work() {
  std::optional<LedgerReader> ledger(std::in_place, options_.conninfo, stop_);
  auto refreshed = steady_clock::time_point{};
  auto not_before = steady_clock::time_point{};
  while (true) {
    bool wanted = false;
    {
      std::unique_lock lock(mutex_);
      if (refreshed != steady_clock::time_point{}) {
        const bool watched = steady_clock::now() < wanted_until_;
        asked_.wait_for(lock, watched ? between_refreshes : between_samples,
                        [&] { return ended_ || (!watched && steady_clock::now() < wanted_until_); });
      }
      if (ended_) return;
      wanted =
          steady_clock::now() < wanted_until_ || steady_clock::now() - refreshed > std::chrono::minutes(1);
    }
    sample();
    if (!wanted || steady_clock::now() < not_before) continue;
    refreshed = steady_clock::now();
    try {
      refresh(*ledger);
    } catch (const Error& error) {
      ledger->end_moment();
      if (options_.read_conninfo) ledger.emplace(options_.read_conninfo(), stop_);
      not_before = steady_clock::now() + after_failure;
      const std::lock_guard lock(mutex_);
      ledger_trouble_ = error.describe_without_values();
      holder_.clear();  // it may have ended: "standing by" would be a guess
    }
  }
}

void StatusCollector::refresh(LedgerReader& ledger) {
  if (!ledger.usable() && !ledger.open()) {
    ledger.close();
    return;
  }
  ledger.begin_moment();
  const auto after = last_delivery_id_;  // only this thread writes it
  auto sums = ledger.sums(after);
  auto minutes = ledger.minutes(after, static_cast<double>(kept_minutes) * 60);
  auto deliveries = ledger.last(shown_deliveries);
  const auto outbox = ledger.outbox();
  auto incomplete = ledger.incomplete(shown_deliveries);
  const auto holder = now_().metrics.leader ? std::nullopt : ledger.active_loader();
  std::map<std::string, PastDelivery> last_of;
  for (const auto& [name, one] : sums) {
    auto last = ledger.last(1, name);
    if (!last.empty()) last_of[name] = std::move(last.front());
  }
  ledger.end_moment();
  const std::lock_guard lock(mutex_);
  ledger_trouble_.clear();
  holder_ = holder.value_or("");
  outbox_ = outbox;
  incomplete_ = std::move(incomplete);
  deliveries_ = std::move(deliveries);
  for (auto& [name, one] : last_of) last_of_[name] = std::move(one);
  std::uint64_t newest = after;
  for (const auto& [name, one] : sums) {
    auto& entity = sums_[name];
    entity.deliveries += one.deliveries;
    entity.rows_read += one.rows_read;
    entity.rejected += one.rejected;
    entity.not_loaded += one.not_loaded;
    newest = std::max(newest, one.last_delivery_id);
  }
  for (const auto& minute : minutes) {
    auto& sum = minutes_[minute.minute];
    sum.rows += minute.rows;
    sum.bytes += minute.bytes;
    sum.files += minute.files;
    sum.lag_seconds = std::max(sum.lag_seconds.value_or(0), minute.lag_seconds);
    rows_of_[minute.entity][minute.minute] += minute.rows;
  }
  last_delivery_id_ = newest;
  forget_old(minute_of(now()));
}

// The age of waiting files counts as lag, too, although no delivery has recorded it yet.
void StatusCollector::sample() {
  const auto now = now_();
  const auto time = peo::now();
  std::uint64_t files = 0;
  for (const auto& [entity, waiting] : now.metrics.backlog) files += waiting.files;
  const std::lock_guard lock(mutex_);
  if (files != 0 && now.metrics.oldest_waiting) {
    auto& lag = minutes_[minute_of(time)].lag_seconds;
    lag = std::max(lag.value_or(0), seconds_between(*now.metrics.oldest_waiting, time));
  }
  forget_old(minute_of(time));
}

void StatusCollector::forget_old(std::int64_t minute) {
  minutes_.erase(minutes_.begin(), minutes_.upper_bound(minute - kept_minutes));
  for (auto& [entity, rows] : rows_of_) rows.erase(rows.begin(), rows.upper_bound(minute - 60));
}

StateWord StatusCollector::state() {
  const auto now = now_();
  const std::lock_guard lock(mutex_);
  return state(now, peo::now());
}

StateWord StatusCollector::state(const ProcessNow& now, Time time) const {
  return state_of(now, holder_, time, options_.behind_after);
}

std::string StatusCollector::json() {
  const auto now = now_();
  const auto time = peo::now();
  const auto troubles = log::recent_errors();
  const std::lock_guard lock(mutex_);
  if (steady_clock::now() >= wanted_until_) asked_.notify_all();
  wanted_until_ = steady_clock::now() + watched_for;

  const auto state = this->state(now, time);
  json_t page;
  page["state"] = state.word;
  page["why"] = state.why;
  page["hint"] = state.hint;
  page["at"] = iso_time(time);
  page["version"] = fmt::format("{}{}", version, options_.persists ? "" : ", dry run");
  page["host"] = host_name();
  page["source"] = options_.source;
  page["target"] = options_.target;
  page["ledger_trouble"] = ledger_trouble_.empty() ? json_t(nullptr) : json_t(ledger_trouble_);
  // A standby publishes nothing; its number is from the ledger.
  page["unsent_messages"] = nullptr;
  if (now.metrics.leader) {
    page["unsent_messages"] = now.metrics.unsent_messages;
  } else if (outbox_) {
    page["unsent_messages"] = outbox_->waiting;
  }

  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  for (const auto& [name, waiting] : now.metrics.backlog) {
    files += waiting.files;
    bytes += waiting.bytes;
    sums_[name];  // an entity of which nothing is loaded yet
  }
  const bool waits = files != 0 && now.metrics.oldest_waiting;
  page["lock_wait"] = now.metrics.lock_wait;
  page["ignored_folders"] = now.metrics.unmatched;
  page["ignored_parquet_files"] = now.metrics.parquet.files;
  page["ignored"] = json_t::array();
  for (const auto& one : ignored_objects(now.metrics))
    page["ignored"].push_back({{"reason", one.reason}, {"what", one.what}, {"why", one.why}});
  // Of the last poll; before it, and while standing by, nobody knows.
  const auto& polled = now.metrics.last_poll;
  page["backlog_at"] = polled ? json_t(iso_time(*polled)) : json_t(nullptr);
  page["backlog"] = nullptr;
  if (polled) {
    page["backlog"] = {{"files", files}, {"bytes", bytes}};
    page["backlog"]["oldest_seconds"] =
        waits ? json_t(std::max(0.0, seconds_between(*now.metrics.oldest_waiting, time))) : json_t(nullptr);
  }

  std::uint64_t last_hour = 0;
  page["entities"] = json_t::object();
  for (const auto& [name, sums] : sums_) {
    std::uint64_t rows = 0;
    for (const auto& [minute, count] : rows_of_[name]) rows += count;
    last_hour += rows;
    json_t entity;
    const auto last = last_of_.find(name);
    entity["last_delivery"] = last == last_of_.end() ? json_t(nullptr) : json_of(last->second);
    const auto waiting = now.metrics.backlog.find(name);
    const auto known = waiting != now.metrics.backlog.end();
    entity["backlog"] = nullptr;
    if (polled)
      entity["backlog"] = {{"files", known ? waiting->second.files : 0},
                           {"bytes", known ? waiting->second.bytes : 0}};
    const auto held = now.metrics.held.find(name);
    const bool is_held = held != now.metrics.held.end();
    entity["held"] = is_held ? json_t(held->second.reason) : json_t(nullptr);
    entity["held_hint"] = is_held && !held->second.hint.empty() ? json_t(held->second.hint) : json_t(nullptr);
    const auto quarantined = now.metrics.quarantined.find(name);
    const auto any = quarantined != now.metrics.quarantined.end();
    entity["quarantined"] = {{"files", any ? quarantined->second.files : 0},
                             {"rows", any ? quarantined->second.rows : 0}};
    entity["deliveries"] = sums.deliveries;
    entity["rows_read"] = sums.rows_read;
    entity["rejected"] = sums.rejected;
    entity["rows_last_hour"] = rows;
    page["entities"][name] = std::move(entity);
  }
  page["rows_last_hour"] = last_hour;
  // Without the reasons, which may quote rows; `status` shows them.
  page["quarantined"] = json_t::array();
  for (const auto& file : incomplete_) {
    page["quarantined"].push_back({{"key", file.object_key},
                                   {"entity", file.entity},
                                   {"delivery_id", file.delivery_id},
                                   {"rejected_rows", file.rejected}});
  }

  page["deliveries"] = json_t::array();
  for (const auto& delivery : deliveries_) page["deliveries"].push_back(json_of(delivery));
  page["minutes"] = json_t::array();
  const auto until = minute_of(time);
  for (auto minute = until - kept_minutes + 1; minute <= until; ++minute) {
    const auto found = minutes_.find(minute);
    const bool any = found != minutes_.end();
    page["minutes"].push_back(
        {{"minute", minute},
         {"rows", any ? found->second.rows : 0},
         {"bytes", any ? found->second.bytes : 0},
         {"files", any ? found->second.files : 0},
         {"lag_seconds",
          any && found->second.lag_seconds ? json_t(*found->second.lag_seconds) : json_t(nullptr)}});
  }
  page["errors"] = json_t::array();
  for (const auto& trouble : troubles)
    page["errors"].push_back(
        {{"at", iso_time(trouble.at)}, {"level", word(trouble.level)}, {"text", trouble.public_text}});
  return page.dump(-1, ' ', false, json_t::error_handler_t::replace);
}

}  // namespace peo::operate
