#include "target/ledger/writer_lock.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "ledger_sql.hpp"

namespace peo::target {
namespace {

using std::chrono::steady_clock;

// Six heartbeats per TAKE_OVER_SECONDS: one or two lost replies must not look like an unresponsive loader.
std::chrono::nanoseconds beat_interval(std::chrono::nanoseconds take_over) {
  constexpr std::chrono::nanoseconds shortest = std::chrono::milliseconds(100);
  constexpr std::chrono::nanoseconds longest = std::chrono::seconds(10);
  return take_over.count() == 0 ? longest : std::clamp(take_over / 6, shortest, longest);
}

}  // namespace

WriterLock::WriterLock(Connection& connection, WriterLockOptions options, const Cancellation& stop)
    : connection_(connection),
      options_(std::move(options)),
      stop_(stop),
      heartbeat_(options_.conninfo, beat_interval(options_.take_over)) {}

void WriterLock::take(const std::string& schema) {
  if (!connection_.query(std::string(sql::lock), {schema}).boolean(0, 0)) wait_for(schema);
  const auto backend = connection_.query("SELECT pg_backend_pid()").number(0, 0);
  heartbeat_.begin(schema, backend, options_.on_lost);
}

void WriterLock::release() { heartbeat_.end(); }

std::string WriterLock::Holder::text() const {
  if (!known) return "another loader";
  return fmt::format("{} from {} (backend {}, connected {})", shortened(name), shortened(address), backend,
                     since);
}

WriterLock::Holder WriterLock::holder(const std::string& schema) {
  const auto rows = connection_.query(std::string(sql::lock_holder), {schema});
  Holder holder;
  if (rows.size() == 0) return holder;
  holder.known = true;
  holder.backend = rows.text(0, 0);
  holder.name = rows.text(0, 1);
  holder.address = rows.text(0, 2);
  holder.since = rows.text(0, 3);
  if (!rows.null(0, 4)) holder.sign = rows.text(0, 4);
  return holder;
}

void WriterLock::wait_for(const std::string& schema) {
  bool said = false;
  // A run-once loader waits this long before it gives up: the backend of a loader that was killed a moment
  // ago may still be ending.
  const auto timeout = steady_clock::now() + std::chrono::seconds(3);
  HeartbeatMonitor monitor(options_.take_over);
  std::chrono::nanoseconds look = std::chrono::seconds(2);
  if (options_.take_over.count() != 0) look = std::min(look, options_.take_over / 4);
  do {
    const auto who = holder(schema);
    if (!options_.stand_by) {
      if (steady_clock::now() >= timeout) {
        throw Error(ErrorKind::Fatal, ExitCode::TryAgain,
                    fmt::format("the target is held by {}: one loader writes at a time", who.text()),
                    "Wait until it has ended, or stop it.");
      }
      look = std::chrono::milliseconds(100);
    } else {
      if (!said) log::info("Standing by: the target is held by {}.", who.text());
      said = true;
      if (options_.take_over.count() != 0 &&
          monitor.expired(who.backend + who.since, who.sign, steady_clock::now())) {
        end(who, schema);
      }
    }
    if (stop_.sleep_for(look)) throw Error::retry("stopped while waiting for the target");
    // Polled, since a session that waits in pg_advisory_lock() couldn't check the holder's heartbeat
    // meanwhile.
  } while (!connection_.query(std::string(sql::lock), {schema}).boolean(0, 0));
  if (said) log::info("The target is free; taking over.");
}

void WriterLock::end(const Holder& holder, const std::string& schema) {
  try {
    connection_.query(std::string(sql::end_holder), {schema, holder.backend, holder.since});
    log::warning("No sign of life from {} for {:.0f} seconds: its sessions are ended.", holder.text(),
                 std::chrono::duration<double>(options_.take_over).count());
  } catch (const Error& error) {
    // pg_terminate_backend needs the holder's role: without it, go on standing by.
    if (!connection_.usable()) throw;
    if (!refusal_said_) {
      log::warning("No sign of life from {}, and its sessions can't be ended: {}", holder.text(),
                   error.describe());
    }
    refusal_said_ = true;
  }
}

}  // namespace peo::target
