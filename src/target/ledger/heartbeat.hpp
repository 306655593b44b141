// The heartbeat of the loader that holds the target: a second session, in its own thread, that runs a small
// query every `interval`. Others see in pg_stat_activity when it last did, so nothing is written. A paused
// process keeps its sessions, and with them the lock, but its heartbeat stops.
//
// The heartbeat also checks that the lock is still held, and reports once that it isn't. Its own failures are
// retried and never end a load.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/cancellation.hpp"

namespace peo::target {

class Connection;

class Heartbeat {
 public:
  Heartbeat(std::string conninfo, std::chrono::nanoseconds interval);
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;
  ~Heartbeat();  // as end()

  // For the session `backend`, which holds the lock of `schema`. `on_lost` is called in the heartbeat's
  // thread.
  void begin(std::string schema, std::int64_t backend, std::function<void()> on_lost);
  void end();  // at once, also when the server doesn't answer

 private:
  void beat(const std::string& schema, std::int64_t backend, const std::function<void()>& on_lost);

  std::string conninfo_;
  std::chrono::nanoseconds interval_;
  std::unique_ptr<Cancellation> stop_;
  std::thread thread_;
};

// How a standby judges heartbeats: the holder has expired when the same holder has shown the same heartbeat
// for longer than `timeout`. Time is summed up between checks, at most `longest_gap` each, so that after a
// pause of the server or the standby itself nobody is taken for unresponsive.
class HeartbeatMonitor {
 public:
  explicit HeartbeatMonitor(std::chrono::nanoseconds timeout) : timeout_(timeout) {}
  // `sign`: the time of the last heartbeat; none when the holder sends none (it then never expires).
  bool expired(const std::string& holder, const std::optional<std::string>& sign,
               std::chrono::steady_clock::time_point now);

  static constexpr std::chrono::seconds longest_gap{4};

 private:
  std::chrono::nanoseconds timeout_;
  std::string holder_;
  std::optional<std::string> sign_;
  std::chrono::nanoseconds silent_{0};
  std::chrono::steady_clock::time_point looked_{};
};

}  // namespace peo::target
