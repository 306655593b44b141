#include "target/ledger/heartbeat.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "ledger_sql.hpp"
#include "target/postgres/begin_session.hpp"
#include "target/postgres/connection.hpp"

namespace peo::target {

Heartbeat::Heartbeat(std::string conninfo, std::chrono::nanoseconds interval)
    : conninfo_(std::move(conninfo)), interval_(interval) {}

Heartbeat::~Heartbeat() { end(); }

void Heartbeat::begin(std::string schema, std::int64_t backend, std::function<void()> on_lost) {
  end();
  stop_ = std::make_unique<Cancellation>();
  thread_ = std::thread([this, schema = std::move(schema), backend, on_lost = std::move(on_lost)] {
    beat(schema, backend, on_lost);
  });
}

void Heartbeat::end() {
  if (stop_) stop_->request();
  if (thread_.joinable()) thread_.join();
}

void Heartbeat::beat(const std::string& schema, std::int64_t backend, const std::function<void()>& on_lost) {
  const auto timeout = std::max(std::chrono::seconds(1), std::chrono::ceil<std::chrono::seconds>(interval_));
  // No grace and a short timeout: end() must not wait for a server that is gone.
  Connection connection(conninfo_, *stop_, {.grace = std::chrono::nanoseconds(0), .answer_within = timeout});
  const auto number = std::to_string(backend);
  bool said = false;
  do {
    try {
      if (!connection.connected()) {
        connection.connect(timeout);
        begin_session(connection);
        connection.query(std::string(sql::heartbeat_begin), {number});
      }
      if (!connection.query(std::string(sql::heartbeat), {schema, number}).boolean(0, 0)) {
        log::info(
            "The session that held the target (backend {}) has ended; it is taken anew before anything is "
            "written.",
            backend);
        // The loader itself notices at its next statement, which fails. Until then this corrects the metric
        // of who leads.
        on_lost();
        return;
      }
      if (said) log::info("The heartbeat goes on.");
      said = false;
    } catch (const Error& error) {
      // Retried with a new connection; only the log level shows it, since a load isn't affected.
      connection.close();
      if (stop_->requested()) return;
      if (!said) log::debug("No heartbeat: {}", error.describe());
      said = true;
    }
  } while (!stop_->sleep_for(interval_));
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
