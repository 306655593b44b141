#include "target/ledger/writer_lock.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/sql_template.hpp"
#include "ledger_sql.hpp"
#include "target/schema/entity_tables.hpp"
#include "target/schema/table.hpp"

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

// Before the migrations, which only the holder of the lock may apply.
void WriterLock::create_view(const std::string& schema) {
  const std::string name = "loader_writer";
  const auto exists = [&] { return table_exists(connection_, schema, name); };
  const auto view = quoted_identifier(schema) + "." + name;
  if (!exists()) {
    try {
      connection_.script(fill(sql::create_writer_view, {{"writer", view}}));
    } catch (const Error&) {
      // Another loader that starts at the same time may have been faster.
      if (!connection_.usable() || !exists()) throw;
    }
  }
  // Its owner could hold the lock indefinitely.
  for (const auto& stranger : strangers(connection_, schema, {name})) {
    throw Error::configuration(
        fmt::format("{} is owned by {}, which the loader doesn't trust", view, stranger.owner),
        fmt::format(
            "Drop the view, which the active loader locks, and start the loader again; or run ALTER VIEW {} "
            "OWNER TO {};",
            view, stranger.role));
  }
}

void WriterLock::take(const std::string& schema) {
  create_view(schema);
  if (!heartbeat_.lock(schema)) wait_for(schema);
  heartbeat_.begin(options_.on_lost, options_.on_lock_wait);
  connection_.query(std::string(sql::end_writers), {schema});
}

void WriterLock::begin_epoch(Session& session) {
  connection_.query("BEGIN");
  connection_.query(fill(sql::begin_epoch, {{"state", session.own("loader_state")}}));
  session.read_state();
  connection_.query("COMMIT");
  heartbeat_.assert_epoch(session.state().writer_epoch);
  // From the server: behind a pooler, the client has a different number.
  heartbeat_.watch(connection_.query("SELECT pg_backend_pid()").number(0, 0));
}

std::string WriterLock::Holder::text() const {
  return fmt::format("{} from {} (backend {}, connected {})", name.empty() ? "a session" : shortened(name),
                     shortened(address), session.backend, session.since);
}

std::optional<WriterLock::Holder> WriterLock::holder(const std::string& schema) {
  const auto rows = connection_.query(std::string(sql::lock_holder), {schema});
  if (rows.size() == 0) return std::nullopt;
  Holder holder;
  holder.session = {std::string(rows.text(0, 0)), std::string(rows.text(0, 3))};
  holder.name = rows.text(0, 1);
  holder.address = rows.text(0, 2);
  if (!rows.null(0, 4)) holder.sign = rows.text(0, 4);
  return holder;
}

void WriterLock::wait_for(const std::string& schema) {
  bool said = false;
  // A single run waits this long before it gives up: the session of a loader that was just killed may still
  // be ending.
  const auto timeout = steady_clock::now() + std::chrono::seconds(3);
  HeartbeatMonitor monitor(options_.take_over);
  std::chrono::nanoseconds look = std::chrono::seconds(2);
  if (options_.take_over.count() != 0) look = std::min(look, options_.take_over / 4);
  while (true) {
    // Query the holder first: PostgreSQL logs an error for each lock that is refused.
    const auto who = holder(schema);
    if (!who && heartbeat_.lock(schema)) break;
    const auto held_by = who ? who->text() : "another loader";
    if (!options_.stand_by) {
      if (steady_clock::now() >= timeout) {
        throw Error(ErrorKind::Fatal, ExitCode::TryAgain,
                    fmt::format("the target is held by {}; only one loader can write at a time", held_by),
                    "Wait until it has ended, or stop it.");
      }
      look = std::chrono::milliseconds(100);
    } else {
      if (!said) log::info("Standing by: the target is held by {}.", held_by);
      said = true;
      if (who && options_.take_over.count() != 0 &&
          monitor.expired(who->session.backend + who->session.since, who->sign, steady_clock::now())) {
        end(*who);
      }
    }
    if (stop_.sleep_for(look)) throw Error::retry("stopped while waiting for the target");
  }
  if (said) log::info("The target is free; taking over.");
}

void WriterLock::end(const Holder& holder) {
  try {
    connection_.query(std::string(sql::end_session), {holder.session.backend, holder.session.since});
    log::warning("Terminated the sessions of {}: its heartbeat has been missing for {:.0f} seconds.",
                 holder.text(), std::chrono::duration<double>(options_.take_over).count());
  } catch (const Error& error) {
    // pg_terminate_backend requires the holder's role: without it, keep standing by.
    if (!connection_.usable()) throw;
    if (!refusal_said_) {
      log::warning("The heartbeat of {} is missing, but its sessions can't be terminated: {}", holder.text(),
                   error.describe());
    }
    refusal_said_ = true;
  }
}

}  // namespace peo::target
