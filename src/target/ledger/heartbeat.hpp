// The sign of life of the loader that holds the target: a second session, in a thread of its own, that asks
// something small every `interval`. When it last did so is seen by others in pg_stat_activity, so nothing is
// written. A paused process keeps its sessions, and with them the lock, but it doesn't ask.
//
// It also looks whether the lock is still held, and says once when it isn't. Whatever fails here is tried
// again and never ends a load.
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

  // For the session `backend`, which holds the lock of `schema`. `on_lost` is called in the other thread.
  void begin(std::string schema, std::int64_t backend, std::function<void()> on_lost);
  void end();  // at once, also when the server doesn't answer

 private:
  void beat(const std::string& schema, std::int64_t backend, const std::function<void()>& on_lost);

  std::string conninfo_;
  std::chrono::nanoseconds interval_;
  std::unique_ptr<Cancellation> stop_;
  std::thread thread_;
};

// What a standby makes of the signs that it sees: silent when the same holder has given the same sign for
// longer than `timeout`. Time is counted between looks, at most `longest_gap` for each, so that a server or
// a standby that slept itself condemns nobody.
class HeartbeatMonitor {
 public:
  explicit HeartbeatMonitor(std::chrono::nanoseconds timeout) : timeout_(timeout) {}
  // `sign`: none when the holder gives none (then it is never silent).
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
