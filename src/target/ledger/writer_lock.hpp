// One writer at a time: a lock on a view of the schema, loader_writer, which requires the UPDATE privilege on
// it, as for loader_state; and an epoch in loader_state that every transaction of the holder asserts. A
// loader that loses the lock loses its transaction.
//
// A second loader waits as a warm standby, or gives up with an error that names the holder. The lock is held
// by a separate session, which sends heartbeats (Heartbeat). When they are missing for `take_over` (a paused
// process keeps its session, and with it the lock), the standby terminates that session, acquires the lock,
// and terminates the other loader's writing sessions. That requires the same role, but no superuser.
//
// One thread; the heartbeat has its own.
#pragma once
#include <chrono>
#include <functional>
#include <string>

#include "base/cancellation.hpp"
#include "target/ledger/heartbeat.hpp"
#include "target/postgres/connection.hpp"
#include "target/session.hpp"

namespace peo::target {

struct WriterLockOptions {
  std::string conninfo;
  bool stand_by = false;                  // wait instead of giving up
  std::chrono::nanoseconds take_over{0};  // 0: never
  // Called from another thread: another loader may hold the target; the holder of a lock that this loader
  // waits for.
  std::function<void()> on_lost = [] {};
  std::function<void(const std::string& holder)> on_lock_wait = [](const std::string&) {};
};

class WriterLock {
 public:
  // `connection` and `stop` must outlive this.
  WriterLock(Connection& connection, WriterLockOptions options, const Cancellation& stop);

  // Acquires the lock of `schema` on the open connection. Throws Retry when a stop ends the wait, Fatal (75)
  // when another loader holds it and this one doesn't stand by.
  void take(const std::string& schema);
  // After take(), when loader_state is up to date: from here on no other loader can commit.
  // Reads the session's counters.
  void begin_epoch(Session& session);
  void release() { heartbeat_.end(); }
  void connect_with(const std::string& conninfo) { heartbeat_.connect_with(conninfo); }  // after release()
  bool lost() const { return heartbeat_.lost(); }

 private:
  struct Holder {
    SessionName session;
    std::string name, address;
    std::optional<std::string> sign;  // its last heartbeat
    std::string text() const;
  };
  void create_view(const std::string& schema);
  std::optional<Holder> holder(const std::string& schema);
  void wait_for(const std::string& schema);
  void end(const Holder& holder);

  Connection& connection_;
  WriterLockOptions options_;
  const Cancellation& stop_;
  bool refusal_said_ = false;
  Heartbeat heartbeat_;  // last, so that it ends first
};

}  // namespace peo::target
