// The session that holds the writer's lock, in a transaction that stays open, and its heartbeat: a small
// query every `interval`. Others see in pg_stat_activity when it last ran, so nothing is written. A paused
// process keeps its session, and with it the lock, but its heartbeat stops.
//
// It has its own session, because a load's transactions come and go. When the session breaks, the heartbeat
// acquires the lock again; lost() is true if another loader was faster. Nothing here ends a load: a loader
// that has lost the target is refused by the epoch that its transactions assert.
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

// A server session, by what pg_stat_activity shows of it.
struct SessionName {
  std::string backend, since;
};

class Heartbeat {
 public:
  Heartbeat(std::string conninfo, std::chrono::nanoseconds interval);
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;
  ~Heartbeat();  // as end()

  // Tries to take the lock of `schema`, whose view exists, in a session that it opens first if need be; false
  // when another session holds it. Not after begin().
  bool lock(const std::string& schema);
  // Both are called in the heartbeat's thread; `on_lock_wait` about once a second while the watched backend
  // waits for a lock, with who holds it, and with an empty text when it waits no more.
  void begin(std::function<void()> on_lost, std::function<void(const std::string& holder)> on_lock_wait);
  // From here on the lock is lost, too, when loader_state has another epoch.
  void assert_epoch(std::uint64_t epoch) { epoch_ = static_cast<std::int64_t>(epoch); }
  // From here on the log reports who keeps this backend waiting for a lock.
  void watch(std::int64_t backend) { watched_ = backend; }
  bool lost() const { return lost_; }
  void connect_with(std::string conninfo) { conninfo_ = std::move(conninfo); }  // not after begin()
  // Releases the lock. At once, also when the server doesn't answer.
  void end();

 private:
  static constexpr std::int64_t no_epoch = -1;

  void run(const std::function<void()>& on_lost, const std::function<void(const std::string&)>& on_lock_wait);
  bool try_lock();
  bool lock_again();
  void look_for_lock_wait(const std::function<void(const std::string&)>& on_lock_wait);

  std::string conninfo_, schema_;
  std::chrono::nanoseconds interval_;
  std::unique_ptr<Cancellation> stop_;
  std::unique_ptr<Connection> connection_;
  SessionName session_;  // the last one that held the lock and may still be open at the server
  std::atomic<std::int64_t> epoch_ = no_epoch;
  std::atomic<bool> lost_ = false;
  std::atomic<std::int64_t> watched_ = 0;  // 0: none
  std::string waits_for_;                  // as last reported
  std::thread thread_;
};

// How a standby judges heartbeats: the holder has expired when the same holder has shown the same heartbeat
// for longer than `timeout`. Time is summed up between checks, at most `longest_gap` each, so that a pause of
// the server or the standby itself doesn't make a holder look unresponsive.
class HeartbeatMonitor {
 public:
  explicit HeartbeatMonitor(std::chrono::nanoseconds timeout) : timeout_(timeout) {}
  // `sign`: the time of the last heartbeat; none when it can't be seen (the holder then never expires).
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
