#include "target/ledger/heartbeat.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/sql_template.hpp"
#include "ledger_sql.hpp"
#include "target/ledger/lock_wait.hpp"
#include "target/postgres/begin_session.hpp"
#include "target/postgres/connection.hpp"
#include "target/schema/table.hpp"

namespace peo::target {
namespace {

// For a connection and for each answer.
std::chrono::seconds patience(std::chrono::nanoseconds interval) {
  return std::max(std::chrono::seconds(1), std::chrono::ceil<std::chrono::seconds>(interval));
}

}  // namespace

Heartbeat::Heartbeat(std::string conninfo, std::chrono::nanoseconds interval)
    : conninfo_(std::move(conninfo)), interval_(interval) {}

Heartbeat::~Heartbeat() { end(); }

bool Heartbeat::lock(const std::string& schema) {
  schema_ = schema;
  if (!connection_) {
    stop_ = std::make_unique<Cancellation>();
    // No grace and a short timeout: end() must not wait for an unreachable server.
    connection_ = std::make_unique<Connection>(
        conninfo_, *stop_,
        ConnectionOptions{.grace = std::chrono::nanoseconds(0), .answer_within = patience(interval_)});
  }
  lost_ = false;
  epoch_ = no_epoch;
  return session_.backend.empty() ? try_lock() : lock_again();
}

bool Heartbeat::try_lock() {
  auto& connection = *connection_;
  if (!connection.usable()) {
    connection.connect(patience(interval_));
    begin_session(connection);
    // The server may take long to notice that the session before has lost its client.
    if (!session_.backend.empty())
      connection.query(std::string(sql::end_session), {session_.backend, session_.since});
  }
  connection.query("BEGIN");
  try {
    connection.query(fill(sql::lock, {{"writer", quoted_identifier(schema_) + ".loader_writer"}}));
  } catch (const Error& error) {
    // 55P03 lock_not_available.
    if (error.sqlstate() != "55P03") throw;
    connection.rollback();
    return false;
  }
  const auto row = connection.query(std::string(sql::lock_session));
  session_ = {std::string(row.text(0, 0)), std::string(row.text(0, 1))};
  return true;
}

void Heartbeat::begin(std::function<void()> on_lost,
                      std::function<void(const std::string& holder)> on_lock_wait) {
  thread_ = std::thread([this, on_lost = std::move(on_lost), on_lock_wait = std::move(on_lock_wait)] {
    run(on_lost, on_lock_wait);
  });
}

void Heartbeat::end() {
  if (stop_) stop_->request();
  if (thread_.joinable()) thread_.join();
  connection_.reset();
}

// Locks after the previous session broke or was closed; the server needs a moment to end it.
bool Heartbeat::lock_again() {
  for (int tries = 0; tries < 20; ++tries) {
    if (try_lock()) return true;
    if (stop_->sleep_for(std::chrono::milliseconds(100))) break;
  }
  return false;
}

void Heartbeat::run(const std::function<void()>& on_lost,
                    const std::function<void(const std::string&)>& on_lock_wait) {
  bool said = false;
  auto next = std::chrono::steady_clock::now();
  do {
    try {
      look_for_lock_wait(on_lock_wait);
      if (std::chrono::steady_clock::now() < next) continue;
      next = std::chrono::steady_clock::now() + interval_;
      bool held = connection_->usable() || lock_again();
      if (stop_->requested()) return;
      const std::int64_t epoch = epoch_;
      if (epoch != no_epoch && held) {
        const auto state = quoted_identifier(schema_) + ".loader_state";
        held = connection_->query(fill(sql::heartbeat, {{"state", state}}), {std::to_string(epoch)})
                   .boolean(0, 0);
      } else if (held) {
        connection_->query("SELECT 1");
      }
      if (!held) {
        log::info("Another loader has taken over the target; waiting for it before writing anything.");
        lost_ = true;
        on_lost();
        return;
      }
      if (said) log::info("The heartbeat has resumed.");
      said = false;
    } catch (const Error& error) {
      // Retried with a new connection; only the log level shows it, since a load isn't affected.
      connection_->close();
      if (stop_->requested()) return;
      if (!said) log::debug("No heartbeat: {}", error.describe());
      said = true;
    }
  } while (!stop_->sleep_for(std::min<std::chrono::nanoseconds>(interval_, std::chrono::seconds(1))));
}

void Heartbeat::look_for_lock_wait(const std::function<void(const std::string&)>& on_lock_wait) {
  if (watched_ == 0 || !connection_->usable()) return;
  // In a transaction pg_stat_activity stays as it was first read.
  connection_->query("SELECT pg_stat_clear_snapshot()");
  const auto rows = connection_->query(std::string(sql::lock_wait), {std::to_string(watched_)});
  if (rows.size() == 0) {
    if (!waits_for_.empty()) on_lock_wait("");
    return waits_for_.clear();
  }
  auto what = lock_holder_text(rows);
  on_lock_wait(what);
  if (what == waits_for_) return;
  log::warning("Waiting for a lock on {}.", what);
  waits_for_ = std::move(what);
}

bool HeartbeatMonitor::expired(const std::string& holder, const std::optional<std::string>& sign,
                               std::chrono::steady_clock::time_point now) {
  // Only equality counts: clocks of server and standby may differ.
  const bool same = sign && holder == holder_ && sign == sign_;
  silent_ = same ? silent_ + std::min<std::chrono::nanoseconds>(now - looked_, longest_gap)
                 : std::chrono::nanoseconds(0);
  holder_ = holder;
  sign_ = sign;
  looked_ = now;
  return same && silent_ >= timeout_;
}

}  // namespace peo::target
